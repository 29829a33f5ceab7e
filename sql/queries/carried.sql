-- What values carry is their record's scopes, unless the record has come to carry others since.
--
-- A record with a short reference lives by that when its values are over or revoked: then its current value stands for
-- it, which carries what the record does.

-- name: keep_carried(token_id, scopes)
-- Note what the values of a record carry that go on while the record changes.
UPDATE token_value SET scopes = :scopes
 WHERE token_id = :token_id AND revoked_at IS NULL AND scopes IS NULL
RETURNING jti;

-- name: carried_by(owner_id)
-- The live values of an owner, the newest records first.
SELECT t.id, t.owner_id, t.note, v.jti, coalesce(v.scopes, t.scopes) AS scopes,
       CASE WHEN v.jti = t.jti THEN 1 ELSE 0 END AS is_current, u.grant_kind, u.grant_scopes
  FROM token t
  JOIN token_value v ON v.token_id = t.id
  JOIN users u ON u.id = t.owner_id
 WHERE t.owner_id = :owner_id AND t.revoked_at IS NULL
   AND (v.revoked_at IS NULL AND v.ends_at > sc_now()
        OR v.jti = t.jti AND t.reference_hint IS NOT NULL AND (t.expires_at IS NULL OR t.expires_at > sc_now()))
 ORDER BY t.created_at DESC, t.id, v.jti;

-- name: carried_of(k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- The live values of up to 32 records.
SELECT t.id, t.owner_id, t.note, v.jti, coalesce(v.scopes, t.scopes) AS scopes,
       CASE WHEN v.jti = t.jti THEN 1 ELSE 0 END AS is_current, u.grant_kind, u.grant_scopes
  FROM token t
  JOIN token_value v ON v.token_id = t.id
  JOIN users u ON u.id = t.owner_id
 WHERE t.id IN
       (:k01, :k02, :k03, :k04, :k05, :k06, :k07, :k08, :k09, :k10, :k11, :k12, :k13, :k14, :k15, :k16, :k17,
        :k18, :k19, :k20, :k21, :k22, :k23, :k24, :k25, :k26, :k27, :k28, :k29, :k30, :k31, :k32)
   AND t.revoked_at IS NULL
   AND (v.revoked_at IS NULL AND v.ends_at > sc_now()
        OR v.jti = t.jti AND t.reference_hint IS NOT NULL AND (t.expires_at IS NULL OR t.expires_at > sc_now()))
 ORDER BY t.id, v.jti;

-- name: page_of_carried(after_id, after_jti, limit)
-- Everybody's live values, some at a time.
SELECT t.id, t.owner_id, t.note, v.jti, coalesce(v.scopes, t.scopes) AS scopes,
       CASE WHEN v.jti = t.jti THEN 1 ELSE 0 END AS is_current, u.grant_kind, u.grant_scopes
  FROM token_value v
  JOIN token t ON t.id = v.token_id
  JOIN users u ON u.id = t.owner_id
 WHERE v.token_id >= CAST(:after_id AS TEXT) AND (v.token_id > CAST(:after_id AS TEXT) OR v.jti > CAST(:after_jti AS TEXT))
   AND t.revoked_at IS NULL
   AND (v.revoked_at IS NULL AND v.ends_at > sc_now()
        OR v.jti = t.jti AND t.reference_hint IS NOT NULL AND (t.expires_at IS NULL OR t.expires_at > sc_now()))
 ORDER BY v.token_id, v.jti
 LIMIT :limit;

-- name: reaches()
-- How many records with a live value carry each combination of scopes, by the grants of their owners.
SELECT r.scopes, r.grant_kind, r.grant_scopes, count(DISTINCT r.id) AS tokens
  FROM (SELECT t.id, coalesce(v.scopes, t.scopes) AS scopes, u.grant_kind, u.grant_scopes
          FROM token t
          JOIN token_value v ON v.token_id = t.id
          JOIN users u ON u.id = t.owner_id
         WHERE t.revoked_at IS NULL
           AND (v.revoked_at IS NULL AND v.ends_at > sc_now()
                OR v.jti = t.jti AND t.reference_hint IS NOT NULL AND (t.expires_at IS NULL OR t.expires_at > sc_now()))) r
 GROUP BY r.scopes, r.grant_kind, r.grant_scopes;

-- name: carried_alike(scopes, grant_kind, grant_scopes)
-- The records with a live value that carries one combination of scopes, of owners with one grant.
SELECT DISTINCT t.id
  FROM token t
  JOIN token_value v ON v.token_id = t.id
  JOIN users u ON u.id = t.owner_id
 WHERE t.revoked_at IS NULL
   AND (v.revoked_at IS NULL AND v.ends_at > sc_now()
        OR v.jti = t.jti AND t.reference_hint IS NOT NULL AND (t.expires_at IS NULL OR t.expires_at > sc_now()))
   AND coalesce(v.scopes, t.scopes) = :scopes AND u.grant_kind = :grant_kind AND u.grant_scopes = :grant_scopes;
