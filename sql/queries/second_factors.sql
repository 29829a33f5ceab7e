-- name: second_factors(user_id)
-- What an account asks for beside the password, the oldest first.
SELECT id, user_id, kind, name, sealed, credential_id, public_key, counter, created_at, confirmed_at, last_used_at
  FROM second_factor
 WHERE user_id = :user_id AND confirmed_at IS NOT NULL
 ORDER BY confirmed_at, id;

-- name: unconfirmed_factor(id, user_id, since)^
-- A factor of an account that was begun lately and not confirmed yet.
SELECT id, user_id, kind, name, sealed, credential_id, public_key, counter, created_at, confirmed_at, last_used_at
  FROM second_factor
 WHERE id = :id AND user_id = :user_id AND confirmed_at IS NULL AND created_at > :since;

-- name: add_second_factor(id, user_id, kind, name, sealed, credential_id, public_key, counter, created_at, confirmed_at)^
-- Store a factor; no row if this passkey is known already.
INSERT INTO second_factor (id, user_id, kind, name, sealed, credential_id, public_key, counter, created_at, confirmed_at)
VALUES (:id, :user_id, :kind, :name, :sealed, :credential_id, :public_key, :counter, :created_at, :confirmed_at)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: confirm_second_factor(id, name, counter, now)^
-- From now on it is asked for; no row if it was so before.
UPDATE second_factor SET name = :name, counter = :counter, confirmed_at = :now
 WHERE id = :id AND confirmed_at IS NULL
RETURNING id;

-- name: use_second_factor(id, counter, now)^
-- Note a use; no row if this step or count was used already. An authenticator that does not count stays at 0.
UPDATE second_factor SET counter = :counter, last_used_at = :now
 WHERE id = :id AND (counter < :counter OR (kind = 'passkey' AND counter = 0 AND CAST(:counter AS BIGINT) = 0))
RETURNING id;

-- name: rename_second_factor(id, user_id, name)^
-- Another name for a factor of an account.
UPDATE second_factor SET name = :name
 WHERE id = :id AND user_id = :user_id AND confirmed_at IS NOT NULL
RETURNING id;

-- name: remove_second_factor(id, user_id)^
-- Take a factor from an account.
DELETE FROM second_factor
 WHERE id = :id AND user_id = :user_id AND confirmed_at IS NOT NULL
RETURNING id;

-- name: remove_second_factors(user_id)
-- Take every factor from an account.
DELETE FROM second_factor WHERE user_id = :user_id
RETURNING id;

-- name: drop_unconfirmed_factors(before)
-- Remove what was begun and never confirmed.
DELETE FROM second_factor WHERE confirmed_at IS NULL AND created_at <= :before
RETURNING id;

-- name: drop_unconfirmed_of(user_id)
-- Remove what an account began and did not confirm.
DELETE FROM second_factor WHERE confirmed_at IS NULL AND user_id = :user_id
RETURNING id;

-- name: add_recovery_code(user_id, code_hash)*!
-- Store a code by its hash.
INSERT INTO recovery_code (user_id, code_hash) VALUES (:user_id, :code_hash);

-- name: remove_recovery_codes(user_id)
-- No code of an account is good any more.
DELETE FROM recovery_code WHERE user_id = :user_id
RETURNING user_id;

-- name: use_recovery_code(user_id, code_hash)^
-- Use a code up; no row if it is none of this account's, or was used before.
DELETE FROM recovery_code WHERE user_id = :user_id AND code_hash = :code_hash
RETURNING user_id;

-- name: find_recovery_code(user_id, code_hash)^
-- A code of an account that is still good.
SELECT user_id FROM recovery_code WHERE user_id = :user_id AND code_hash = :code_hash;

-- name: count_recovery_codes(user_id)^
-- How many are left.
SELECT count(*) AS codes FROM recovery_code WHERE user_id = :user_id;

-- name: use_challenge(challenge_hash, expires_at)^
-- Use a challenge up; no row if it was used before.
INSERT INTO used_challenge (challenge_hash, expires_at) VALUES (:challenge_hash, :expires_at)
ON CONFLICT (challenge_hash) DO NOTHING
RETURNING challenge_hash;

-- name: forget_challenges(now)
-- Remove used challenges that would be too old anyway.
DELETE FROM used_challenge WHERE expires_at <= :now
RETURNING challenge_hash;

-- name: put_account_notice(user_id, action, session_id, at)^
-- Tell the other sessions of an account what was changed.
INSERT INTO account_notice (user_id, action, session_id, at) VALUES (:user_id, :action, :session_id, :at)
ON CONFLICT (user_id) DO UPDATE
   SET action = excluded.action, session_id = excluded.session_id, at = excluded.at
RETURNING user_id;
