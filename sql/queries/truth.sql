-- name: truth(k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- What holds now of up to 32 values, by their hashes: a row for each that is known, and at least one row that tells
-- whether this server may be believed. Whatever a row hangs on and is not there counts against it.
SELECT s.writable, v.token_hash, v.jti, v.kid, v.list_id, v.idx, v.expires_at, v.token_id, t.owner_id, t.scopes,
       t.audiences, t.allowed_ips,
       CASE WHEN v.revoked_at IS NOT NULL OR t.id IS NULL OR t.revoked_at IS NOT NULL THEN 'revoked'
            WHEN k.kid IS NULL OR k.state NOT IN ('active', 'retired') THEN 'key_compromised'
            WHEN u.id IS NULL OR u.disabled_at IS NOT NULL THEN 'owner_disabled'
            WHEN t.parent_id IS NOT NULL
                 AND (p.id IS NULL OR p.revoked_at IS NOT NULL
                      OR pv.revoked_at IS NOT NULL OR pv.ends_at <= s.now
                      OR pk.kid IS NULL OR pk.state NOT IN ('active', 'retired')) THEN 'parent_ended'
            WHEN v.ends_at <= s.now THEN 'expired'
            WHEN v.not_before > s.now + 30 THEN 'not_yet_valid'
            WHEN t.suspended_at IS NOT NULL OR p.suspended_at IS NOT NULL THEN 'suspended'
       END AS reason
  FROM (SELECT sc_writable() AS writable, sc_now() AS now) s
  LEFT JOIN token_value v ON v.token_hash IN
       (:k01, :k02, :k03, :k04, :k05, :k06, :k07, :k08, :k09, :k10, :k11, :k12, :k13, :k14, :k15, :k16, :k17,
        :k18, :k19, :k20, :k21, :k22, :k23, :k24, :k25, :k26, :k27, :k28, :k29, :k30, :k31, :k32)
  LEFT JOIN token t ON t.id = v.token_id
  LEFT JOIN users u ON u.id = t.owner_id
  LEFT JOIN signing_key k ON k.kid = v.kid
  LEFT JOIN token p ON p.id = t.parent_id
  LEFT JOIN token_value pv ON pv.jti = t.parent_jti
  LEFT JOIN signing_key pk ON pk.kid = pv.kid;

-- name: hashes_of(k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- The hashes of up to 32 values, by their jti; neither ever changes.
SELECT jti, token_hash
  FROM token_value
 WHERE jti IN
       (:k01, :k02, :k03, :k04, :k05, :k06, :k07, :k08, :k09, :k10, :k11, :k12, :k13, :k14, :k15, :k16, :k17,
        :k18, :k19, :k20, :k21, :k22, :k23, :k24, :k25, :k26, :k27, :k28, :k29, :k30, :k31, :k32);

-- name: writable()^
-- Whether this server may be believed.
SELECT sc_writable() AS writable;
