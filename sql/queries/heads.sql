-- name: now()^
-- The clock of the database: whole POSIX seconds.
SELECT sc_now() AS now;

-- name: heads()
-- All counters that order commits.
SELECT name, value FROM head;

-- name: lock_head(name)^
-- Take a counter for this transaction without moving it.
UPDATE head SET value = value WHERE name = :name
RETURNING value;

-- name: advance_head(name, count)^
-- Take a counter for this transaction and move it on.
UPDATE head SET value = value + :count WHERE name = :name
RETURNING value;

-- name: advance_head_from(name, expected)^
-- Move a counter on by one; no row if it is not where the caller saw it.
UPDATE head SET value = value + 1 WHERE name = :name AND value = :expected
RETURNING value;

-- name: note_signing(now)^
-- Remember the greatest time at which something is signed, and answer it.
UPDATE head SET value = CASE WHEN value < CAST(:now AS BIGINT) THEN CAST(:now AS BIGINT) ELSE value END
 WHERE name = 'signed_at'
RETURNING value;
