-- name: await_use(jti, token_id, until)*!
-- Let the first use of a value end the overlap with the value before it.
INSERT INTO awaited_use (jti, token_id, until) VALUES (:jti, :token_id, :until);

-- name: awaited_uses()
-- Values whose first use is awaited.
SELECT jti FROM awaited_use WHERE until > sc_now();

-- name: end_awaiting(jti)^
-- Await a value's use no longer; no row if it was not awaited.
DELETE FROM awaited_use WHERE jti = :jti
RETURNING jti;

-- name: forget_awaited(now)
-- Drop what is over by itself.
DELETE FROM awaited_use WHERE until <= :now
RETURNING jti;
