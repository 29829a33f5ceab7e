-- name: add_reference(reference_hash, kind, token_id, jti, created_at)*!
-- Store a reference to a record.
INSERT INTO token_reference (reference_hash, kind, token_id, jti, created_at)
VALUES (:reference_hash, :kind, :token_id, :jti, :created_at);

-- name: end_references_at(token_id, ends_at, but)
-- Let the references to a record end no later than a time, except the one that was made with a value.
UPDATE token_reference SET ends_at = :ends_at
 WHERE token_id = :token_id AND jti <> :but AND (ends_at IS NULL OR ends_at > :ends_at)
RETURNING token_id;

-- name: standing_reference(reference_hash)^
-- A row for a reference that no other one has replaced.
SELECT token_id
  FROM token_reference
 WHERE reference_hash = :reference_hash AND (ends_at IS NULL OR ends_at > sc_now());

-- name: forget_references(before, limit)
-- Drop references that had ended by a time.
DELETE FROM token_reference
 WHERE reference_hash IN (SELECT reference_hash FROM token_reference WHERE ends_at <= :before LIMIT :limit)
RETURNING token_id;

-- name: reference_truth(k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- What holds now of the records that up to 32 references name, by their hashes: a row for each that is known, and at
-- least one row that tells whether this server may be believed. Whatever a row hangs on and is not there counts
-- against it. No key signed a reference, but a record goes down with a key that signed the live value beside it.
SELECT s.writable, r.reference_hash, r.created_at AS issued_at, r.jti, t.id AS token_id, t.owner_id, t.scopes,
       t.audiences, t.allowed_ips, t.not_before, t.expires_at,
       CASE WHEN r.ends_at <= s.now OR t.id IS NULL OR t.revoked_at IS NOT NULL THEN 'revoked'
            WHEN v.revoked_at IS NULL AND v.expires_at > s.now AND k.state = 'compromised' THEN 'key_compromised'
            WHEN u.id IS NULL OR u.disabled_at IS NOT NULL THEN 'owner_disabled'
            WHEN t.expires_at <= s.now THEN 'expired'
            WHEN t.not_before > s.now + 30 THEN 'not_yet_valid'
            WHEN t.suspended_at IS NOT NULL THEN 'suspended'
       END AS reason
  FROM (SELECT sc_writable() AS writable, sc_now() AS now) s
  LEFT JOIN token_reference r ON r.reference_hash IN
       (:k01, :k02, :k03, :k04, :k05, :k06, :k07, :k08, :k09, :k10, :k11, :k12, :k13, :k14, :k15, :k16, :k17,
        :k18, :k19, :k20, :k21, :k22, :k23, :k24, :k25, :k26, :k27, :k28, :k29, :k30, :k31, :k32)
  LEFT JOIN token t ON t.id = r.token_id
  LEFT JOIN users u ON u.id = t.owner_id
  LEFT JOIN token_value v ON v.jti = t.jti
  LEFT JOIN signing_key k ON k.kid = v.kid;
