-- name: add_invitation(secret_hash, purpose, user_id, created_at, expires_at, used_at)^
-- Store a one-time link by the hash of its secret.
INSERT INTO invitation (secret_hash, purpose, user_id, created_at, expires_at, used_at)
VALUES (:secret_hash, :purpose, :user_id, :created_at, :expires_at, :used_at)
RETURNING secret_hash;

-- name: consume_invitation(secret_hash, now)^
-- Mark a live link as used; no row if it is unknown, used or expired.
UPDATE invitation SET used_at = :now
 WHERE secret_hash = :secret_hash AND used_at IS NULL AND expires_at > :now
RETURNING secret_hash, purpose, user_id, created_at, expires_at, used_at;

-- name: withdraw_invitations(purpose, now)
-- End all unused links of a purpose.
UPDATE invitation SET used_at = :now
 WHERE purpose = :purpose AND used_at IS NULL
RETURNING secret_hash;

-- name: withdraw_invitations_of(user_id, now)
-- End all unused links of an account.
UPDATE invitation SET used_at = :now
 WHERE user_id = :user_id AND used_at IS NULL
RETURNING secret_hash;

-- name: invitation_owner(secret_hash)^
-- Whose link it is, while it is live.
SELECT user_id FROM invitation
 WHERE secret_hash = :secret_hash AND used_at IS NULL AND expires_at > sc_now();
