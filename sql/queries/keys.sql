-- name: key_set()
-- All keys there ever were with the version of the set, in one read; one row without a kid where there is none.
SELECT h.value AS version, k.kid, k.purpose, k.algorithm, k.state, k.public_jwk, k.sealed_private, k.master_id,
       k.bootstrap, k.created_at, k.published_at, k.activated_at, k.retired_at, k.private_destroyed_at, k.removed_at,
       k.compromised_at
  FROM head h
  LEFT JOIN signing_key k ON 1 = 1
 WHERE h.name = 'key_set';

-- name: store_signing_key(kid, purpose, algorithm, state, public_jwk, sealed_private, master_id, bootstrap, created_at, published_at, activated_at, retired_at, private_destroyed_at, removed_at, compromised_at)*!
-- Write a key as it is now; what its kid stands for never changes.
INSERT INTO signing_key (kid, purpose, algorithm, state, public_jwk, sealed_private, master_id, bootstrap, created_at,
                         published_at, activated_at, retired_at, private_destroyed_at, removed_at, compromised_at)
VALUES (:kid, :purpose, :algorithm, :state, :public_jwk, :sealed_private, :master_id, :bootstrap, :created_at,
        :published_at, :activated_at, :retired_at, :private_destroyed_at, :removed_at, :compromised_at)
ON CONFLICT (kid) DO UPDATE
   SET state = excluded.state, sealed_private = excluded.sealed_private, master_id = excluded.master_id,
       bootstrap = excluded.bootstrap, activated_at = excluded.activated_at, retired_at = excluded.retired_at,
       private_destroyed_at = excluded.private_destroyed_at, removed_at = excluded.removed_at,
       compromised_at = excluded.compromised_at;

-- name: latest_exp_by_kid()
-- For each key the latest exp of what it signed and is not revoked, expired ones included.
SELECT l.kid, max(l.latest_exp) AS latest_exp
  FROM (SELECT k.kid,
               (SELECT max(v.expires_at) FROM token_value v WHERE v.kid = k.kid AND v.revoked_at IS NULL) AS latest_exp
          FROM signing_key k
        UNION ALL
        SELECT kid, max(expires_at) FROM short_token WHERE revoked_at IS NULL GROUP BY kid) l
 WHERE l.latest_exp IS NOT NULL
 GROUP BY l.kid;

-- name: live_by_kid()
-- For each kid how many tokens it signed that are neither revoked nor expired.
SELECT l.kid, count(*) AS live
  FROM (SELECT kid FROM token_value WHERE revoked_at IS NULL AND expires_at > sc_now()
        UNION ALL
        SELECT kid FROM short_token WHERE revoked_at IS NULL AND expires_at > sc_now()) l
 GROUP BY l.kid;

-- name: lost_with_live_values()
-- Compromised keys that signed values which are neither revoked nor expired.
SELECT k.kid
  FROM signing_key k
 WHERE k.state = 'compromised'
   AND EXISTS (SELECT 1 FROM token_value v WHERE v.kid = k.kid AND v.revoked_at IS NULL AND v.expires_at > sc_now());

-- name: lost_record(token_id)^
-- A row for a record that hangs on a value which is neither revoked nor expired and was signed by a compromised key: on
-- its current one, on its parent's current one, or on the one that made it.
SELECT t.id
  FROM token t
  LEFT JOIN token p ON p.id = t.parent_id
  JOIN token_value v ON v.jti IN (t.jti, p.jti, t.parent_jti)
  JOIN signing_key k ON k.kid = v.kid
 WHERE t.id = :token_id AND v.revoked_at IS NULL AND v.expires_at > sc_now() AND k.state = 'compromised'
 LIMIT 1;
