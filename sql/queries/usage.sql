-- name: note_use(token_id, at, ip, user_agent)*!
-- Note a use that this service has seen; an earlier one than what stands there changes nothing.
UPDATE token SET last_used_at = :at, last_used_ip = :ip, last_used_user_agent = :user_agent
 WHERE id = :token_id AND (last_used_at IS NULL OR last_used_at <= :at);

-- name: note_reported_use(token_id, at, ip, user_agent, reported_by)*!
-- Note a use that a client reports; an earlier one than what stands there changes nothing.
UPDATE token
   SET reported_at = :at, reported_ip = :ip, reported_user_agent = :user_agent, reported_by = :reported_by
 WHERE id = :token_id AND (reported_at IS NULL OR reported_at <= :at);

-- name: note_address(token_id, ip, at)*!
-- Note from where a token was used.
INSERT INTO token_address (token_id, ip, last_at)
SELECT id, :ip, :at FROM token WHERE id = :token_id
ON CONFLICT (token_id, ip) DO UPDATE SET last_at = excluded.last_at WHERE excluded.last_at > token_address.last_at;

-- name: drop_old_addresses(token_id, most)*!
-- Keep the latest addresses of a token alone.
DELETE FROM token_address
 WHERE token_id = :token_id
   AND ip NOT IN (SELECT ip FROM token_address WHERE token_id = :token_id ORDER BY last_at DESC, ip LIMIT :most);

-- name: note_refusal(id, jti, at, reason, replaced, ip, user_agent, reported_by)*!
-- Note a refused use of a value that is known. `replaced` is the reason if its record goes on with another value.
INSERT INTO refused_use (id, token_id, jti, at, reason, ip, user_agent, reported_by)
SELECT :id, t.id, v.jti, :at,
       CASE WHEN t.revoked_at IS NULL AND t.jti <> v.jti THEN CAST(:replaced AS TEXT) ELSE CAST(:reason AS TEXT) END,
       :ip, :user_agent, :reported_by
  FROM token_value v
  JOIN token t ON t.id = v.token_id
 WHERE v.jti = :jti
ON CONFLICT (id) DO NOTHING;

-- name: drop_old_refusals(jti, most)*!
-- Keep the latest refused uses of a value's record alone.
DELETE FROM refused_use
 WHERE token_id = (SELECT token_id FROM token_value WHERE jti = :jti)
   AND id NOT IN (SELECT r.id FROM refused_use r
                   WHERE r.token_id = (SELECT token_id FROM token_value WHERE jti = :jti)
                   ORDER BY r.at DESC, r.id LIMIT :most);

-- name: refused_uses(token_id, most)
-- The latest refused uses of a token, the last one first.
SELECT jti, at, reason, ip, user_agent, reported_by
  FROM refused_use
 WHERE token_id = :token_id
 ORDER BY at DESC, id
 LIMIT :most;

-- name: note_demand(token_id, scope, at)*!
-- Note that an API demanded a scope of a token; to the hour is enough.
INSERT INTO demanded_scope (token_id, scope, last_at)
SELECT id, :scope, :at FROM token WHERE id = :token_id
ON CONFLICT (token_id, scope) DO UPDATE SET last_at = excluded.last_at
 WHERE excluded.last_at >= demanded_scope.last_at + 3600;

-- name: demanded_scopes(token_id, since)
-- What APIs have demanded of a token since a time.
SELECT scope FROM demanded_scope WHERE token_id = :token_id AND last_at >= :since ORDER BY scope;

-- name: records_of(k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- Whose up to 32 values are, by their jti, since when and for which APIs.
SELECT v.jti, v.token_id, v.issued_at, t.audiences
  FROM token_value v
  JOIN token t ON t.id = v.token_id
 WHERE v.jti IN
       (:k01, :k02, :k03, :k04, :k05, :k06, :k07, :k08, :k09, :k10, :k11, :k12, :k13, :k14, :k15, :k16, :k17,
        :k18, :k19, :k20, :k21, :k22, :k23, :k24, :k25, :k26, :k27, :k28, :k29, :k30, :k31, :k32);

-- name: forget_last_origins(before)
-- Drop from where and with what tokens were last used, where that is long ago; the time stays.
UPDATE token
   SET last_used_ip = CASE WHEN last_used_at < :before THEN NULL ELSE last_used_ip END,
       last_used_user_agent = CASE WHEN last_used_at < :before THEN NULL ELSE last_used_user_agent END,
       reported_ip = CASE WHEN reported_at < :before THEN NULL ELSE reported_ip END,
       reported_user_agent = CASE WHEN reported_at < :before THEN NULL ELSE reported_user_agent END
 WHERE (last_used_at < :before AND (last_used_ip IS NOT NULL OR last_used_user_agent IS NOT NULL))
    OR (reported_at < :before AND (reported_ip IS NOT NULL OR reported_user_agent IS NOT NULL))
RETURNING id;

-- name: forget_addresses(before)
-- Drop addresses that were last seen long ago.
DELETE FROM token_address WHERE last_at < :before
RETURNING token_id;

-- name: forget_refusals(before)
-- Drop refused uses of long ago.
DELETE FROM refused_use WHERE at < :before
RETURNING id;

-- name: forget_demands(before)
-- Drop demands of long ago.
DELETE FROM demanded_scope WHERE last_at < :before
RETURNING token_id;
