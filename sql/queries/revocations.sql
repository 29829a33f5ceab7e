-- Revocations hold every record they touch, in one order, before they write it or a value of it.
--
-- Many ids come as one text, a space between two: cut into lines of 32, and these into ids, because to reach a place in
-- a long text PostgreSQL walks there from its beginning.

-- name: revoke_records(now, by, reason, ids)
-- Revoke many records; answers those that were not revoked before, because a first revocation stays.
WITH RECURSIVE
     line (n, ids) AS (
         SELECT 1, substr(CAST(:ids AS TEXT), 1, 1056)
         UNION ALL
         SELECT n + 1056, substr(CAST(:ids AS TEXT), n + 1056, 1056) FROM line WHERE n + 1056 < length(CAST(:ids AS TEXT))),
     key (n, id, ids) AS (
         SELECT 1, substr(ids, 1, 32), ids FROM line
         UNION ALL
         SELECT n + 33, substr(ids, n + 33, 32), ids FROM key WHERE n + 33 < length(ids))
UPDATE token SET revoked_at = :now, revoked_by = :by, revoke_reason = :reason
 WHERE revoked_at IS NULL AND id IN (SELECT id FROM key)
RETURNING id;

-- name: revoke_values_of(now, ids)
-- Revoke the values of many records; answers those that were not revoked before.
WITH RECURSIVE
     line (n, ids) AS (
         SELECT 1, substr(CAST(:ids AS TEXT), 1, 1056)
         UNION ALL
         SELECT n + 1056, substr(CAST(:ids AS TEXT), n + 1056, 1056) FROM line WHERE n + 1056 < length(CAST(:ids AS TEXT))),
     key (n, id, ids) AS (
         SELECT 1, substr(ids, 1, 32), ids FROM line
         UNION ALL
         SELECT n + 33, substr(ids, n + 33, 32), ids FROM key WHERE n + 33 < length(ids))
UPDATE token_value SET revoked_at = :now
 WHERE revoked_at IS NULL AND token_id IN (SELECT id FROM key)
RETURNING list_id, idx, jti;

-- name: revoke_values_but(token_id, now, k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- Revoke the values of a record but up to 32 of them; answers those that were not revoked before.
UPDATE token_value SET revoked_at = :now
 WHERE token_id = :token_id AND revoked_at IS NULL AND jti NOT IN
       (:k01, :k02, :k03, :k04, :k05, :k06, :k07, :k08, :k09, :k10, :k11, :k12, :k13, :k14, :k15, :k16, :k17,
        :k18, :k19, :k20, :k21, :k22, :k23, :k24, :k25, :k26, :k27, :k28, :k29, :k30, :k31, :k32)
RETURNING list_id, idx, jti;

-- name: revoke_ended_values(now, ids)
-- Revoke many values that the service has ended before their exp; answers those that were not revoked before.
WITH RECURSIVE
     line (n, ids) AS (
         SELECT 1, substr(CAST(:ids AS TEXT), 1, 1056)
         UNION ALL
         SELECT n + 1056, substr(CAST(:ids AS TEXT), n + 1056, 1056) FROM line WHERE n + 1056 < length(CAST(:ids AS TEXT))),
     key (n, id, ids) AS (
         SELECT 1, substr(ids, 1, 32), ids FROM line
         UNION ALL
         SELECT n + 33, substr(ids, n + 33, 32), ids FROM key WHERE n + 33 < length(ids))
UPDATE token_value SET revoked_at = :now
 WHERE revoked_at IS NULL AND ends_at < expires_at AND ends_at <= :now AND jti IN (SELECT id FROM key)
RETURNING list_id, idx, jti;

-- name: revoke_values(now, ids)
-- Revoke many values, by their jti; answers those that were not revoked before.
WITH RECURSIVE
     line (n, ids) AS (
         SELECT 1, substr(CAST(:ids AS TEXT), 1, 1056)
         UNION ALL
         SELECT n + 1056, substr(CAST(:ids AS TEXT), n + 1056, 1056) FROM line WHERE n + 1056 < length(CAST(:ids AS TEXT))),
     key (n, id, ids) AS (
         SELECT 1, substr(ids, 1, 32), ids FROM line
         UNION ALL
         SELECT n + 33, substr(ids, n + 33, 32), ids FROM key WHERE n + 33 < length(ids))
UPDATE token_value SET revoked_at = :now
 WHERE revoked_at IS NULL AND jti IN (SELECT id FROM key)
RETURNING list_id, idx, jti;

-- name: family_by_values_but(token_id, k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- A record and its children, except those that up to 32 values of it have made.
SELECT id, parent_id
  FROM token
 WHERE id = :token_id
    OR (parent_id = :token_id
        AND (parent_jti IS NULL OR parent_jti NOT IN
             (:k01, :k02, :k03, :k04, :k05, :k06, :k07, :k08, :k09, :k10, :k11, :k12, :k13, :k14, :k15, :k16, :k17,
              :k18, :k19, :k20, :k21, :k22, :k23, :k24, :k25, :k26, :k27, :k28, :k29, :k30, :k31, :k32)));

-- name: unrevoked_tokens_of(owner_id)
-- The records of an owner that are not revoked.
SELECT id, parent_id FROM token WHERE owner_id = :owner_id AND revoked_at IS NULL;

-- name: live_values_by(kid, now, limit)
-- Live values that a key signed, those that expire first first, each with its record and with every child of that. `rests`
-- is 1 where the record itself hangs on the value: it is its current one; for a child, its parent's current one, or the
-- one that made it.
SELECT e.jti, t.id, t.parent_id, CASE WHEN t.jti = e.jti THEN 1 ELSE 0 END AS rests,
       c.id AS child_id, CASE WHEN t.jti = e.jti OR c.parent_jti = e.jti THEN 1 ELSE 0 END AS child_rests
  FROM (SELECT jti, token_id
          FROM token_value
         WHERE kid = :kid AND revoked_at IS NULL AND expires_at > :now
         ORDER BY expires_at
         LIMIT :limit) e
  JOIN token t ON t.id = e.token_id
  LEFT JOIN token c ON c.parent_id = t.id;

-- name: ended_values(now, limit)
-- Values that the service has ended before their exp and that are not revoked yet, the longest ended first, each with
-- its record and with every child that it made.
SELECT e.jti, t.id, t.parent_id, c.id AS child_id
  FROM (SELECT jti, token_id
          FROM token_value
         WHERE revoked_at IS NULL AND ends_at < expires_at AND ends_at <= :now
         ORDER BY ends_at, jti
         LIMIT :limit) e
  JOIN token t ON t.id = e.token_id
  LEFT JOIN token c ON c.parent_id = t.id AND c.parent_jti = e.jti AND c.revoked_at IS NULL;

-- name: statuses_of(token_id)
-- What the lists should say of each live value of a record and of its children: 0 valid, 2 suspended. Values of a
-- compromised key are over, also those that are not written down as revoked yet.
SELECT v.list_id, v.idx, v.jti,
       CASE WHEN t.suspended_at IS NOT NULL OR p.suspended_at IS NOT NULL THEN 2 ELSE 0 END AS status
  FROM token t
  JOIN token_value v ON v.token_id = t.id
  JOIN signing_key k ON k.kid = v.kid AND k.state IN ('active', 'retired')
  LEFT JOIN token p ON p.id = t.parent_id
 WHERE (t.id = :token_id OR t.parent_id = :token_id) AND t.revoked_at IS NULL AND v.revoked_at IS NULL
   AND v.ends_at > sc_now();
