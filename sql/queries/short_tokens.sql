-- name: add_short_token(jti, owner_id, client_id, kid, scopes, audiences, issued_at, expires_at, parent_jti, parent_reference)*!
-- Record an access token without a place in a list.
INSERT INTO short_token (jti, owner_id, client_id, kid, scopes, audiences, issued_at, expires_at, parent_jti,
                         parent_reference)
VALUES (:jti, :owner_id, :client_id, :kid, :scopes, :audiences, :issued_at, :expires_at, :parent_jti,
        :parent_reference);

-- name: count_short_tokens(client_id, since)^
-- How many a client got in its own right since a time.
SELECT count(*) AS tokens
  FROM short_token
 WHERE client_id = :client_id AND issued_at > :since AND parent_jti IS NULL AND parent_reference IS NULL;

-- name: revoke_short_token(jti, now)^
-- End it before its time; no row if it is unknown or ended already.
UPDATE short_token SET revoked_at = :now
 WHERE jti = :jti AND revoked_at IS NULL
RETURNING jti;

-- name: revoke_short_tokens_of(owner_id, now)
-- End all of an owner's before their time.
UPDATE short_token SET revoked_at = :now
 WHERE owner_id = :owner_id AND revoked_at IS NULL
RETURNING jti;

-- name: forget_short_tokens(now, limit)
-- Drop those whose exp has passed.
DELETE FROM short_token
 WHERE jti IN (SELECT jti FROM short_token WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit)
RETURNING jti;

-- name: short_truth(k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- What holds now of up to 32 of them, by their jti: a row for each that is known, and at least one row that tells
-- whether this server may be believed. Whatever a row hangs on and is not there counts against it.
SELECT s.writable, t.jti, t.kid, t.owner_id, t.client_id, t.expires_at,
       CASE WHEN t.revoked_at IS NOT NULL THEN 'revoked'
            WHEN k.kid IS NULL OR k.state NOT IN ('active', 'retired') THEN 'key_compromised'
            WHEN u.id IS NULL OR u.disabled_at IS NOT NULL THEN 'owner_disabled'
            WHEN c.id IS NULL OR c.disabled_at IS NOT NULL THEN 'client_disabled'
            WHEN t.parent_jti IS NOT NULL
                 AND (v.jti IS NULL OR v.revoked_at IS NOT NULL OR v.ends_at <= s.now
                      OR r.id IS NULL OR r.revoked_at IS NOT NULL
                      OR vk.kid IS NULL OR vk.state NOT IN ('active', 'retired')) THEN 'parent_ended'
            WHEN t.parent_reference IS NOT NULL
                 AND (f.reference_hash IS NULL OR f.ends_at <= s.now
                      OR r.id IS NULL OR r.revoked_at IS NOT NULL OR r.expires_at <= s.now) THEN 'parent_ended'
            WHEN r.parent_id IS NOT NULL
                 AND (p.id IS NULL OR p.revoked_at IS NOT NULL
                      OR pv.revoked_at IS NOT NULL OR pv.ends_at <= s.now
                      OR pk.kid IS NULL OR pk.state NOT IN ('active', 'retired')) THEN 'parent_ended'
            WHEN t.expires_at <= s.now THEN 'expired'
            WHEN r.suspended_at IS NOT NULL OR p.suspended_at IS NOT NULL THEN 'suspended'
       END AS reason
  FROM (SELECT sc_writable() AS writable, sc_now() AS now) s
  LEFT JOIN short_token t ON t.jti IN
       (:k01, :k02, :k03, :k04, :k05, :k06, :k07, :k08, :k09, :k10, :k11, :k12, :k13, :k14, :k15, :k16, :k17,
        :k18, :k19, :k20, :k21, :k22, :k23, :k24, :k25, :k26, :k27, :k28, :k29, :k30, :k31, :k32)
  LEFT JOIN users u ON u.id = t.owner_id
  LEFT JOIN client c ON c.id = t.client_id
  LEFT JOIN signing_key k ON k.kid = t.kid
  LEFT JOIN token_value v ON v.jti = t.parent_jti
  LEFT JOIN token_reference f ON f.reference_hash = t.parent_reference
  LEFT JOIN token r ON r.id = coalesce(v.token_id, f.token_id)
  LEFT JOIN signing_key vk ON vk.kid = v.kid
  LEFT JOIN token p ON p.id = r.parent_id
  LEFT JOIN token_value pv ON pv.jti = r.parent_jti
  LEFT JOIN signing_key pk ON pk.kid = pv.kid;
