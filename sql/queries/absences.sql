-- name: note_sign_in(id, now)^
-- Note that somebody is here; their last time never moves back.
UPDATE users
   SET signed_in_at = CASE WHEN coalesce(signed_in_at, 0) < CAST(:now AS BIGINT) THEN CAST(:now AS BIGINT)
                           ELSE signed_in_at END
 WHERE id = :id
RETURNING id;

-- name: last_here(id)^
-- When somebody was last here, or when their account was made.
SELECT coalesce(signed_in_at, created_at) AS last_here FROM users WHERE id = :id;

-- name: absent_owners(before, limit)
-- People who were not here since a time and have tokens that work.
SELECT u.id
  FROM users u
 WHERE u.kind = 'person' AND u.disabled_at IS NULL
   AND coalesce(u.signed_in_at, u.created_at) < CAST(:before AS BIGINT)
   AND EXISTS (SELECT 1 FROM token t
                WHERE t.owner_id = u.id AND t.revoked_at IS NULL AND t.suspended_at IS NULL
                  AND (t.expires_at IS NULL OR t.expires_at > sc_now()))
 ORDER BY u.id
 LIMIT :limit;

-- name: working_tokens_of(owner_id)
-- The records of an owner that work.
SELECT id FROM token
 WHERE owner_id = :owner_id AND revoked_at IS NULL AND suspended_at IS NULL
   AND (expires_at IS NULL OR expires_at > sc_now())
 ORDER BY id;

-- name: pause_working_tokens_of(owner_id, now, by)
-- Pause the records of an owner that work.
UPDATE token SET suspended_at = :now, suspended_by = :by, suspended_by_administrator = 0
 WHERE owner_id = :owner_id AND revoked_at IS NULL AND suspended_at IS NULL
   AND (expires_at IS NULL OR expires_at > sc_now())
RETURNING id;

-- name: tokens_paused_by(owner_id, by)
-- The records of an owner that one reason paused.
SELECT id FROM token
 WHERE owner_id = :owner_id AND suspended_by = :by AND revoked_at IS NULL
 ORDER BY id;

-- name: resume_tokens_paused_by(owner_id, by)
-- Let the records go on that one reason paused, and no other.
UPDATE token SET suspended_at = NULL, suspended_by = NULL, suspended_by_administrator = 0
 WHERE owner_id = :owner_id AND suspended_by = :by AND revoked_at IS NULL
RETURNING id;
