-- name: lift_head(name, value)^
-- Set a counter, never backwards.
UPDATE head SET value = :value WHERE name = :name AND value <= :value
RETURNING value;

-- name: need_recovery()^
-- Note for all replicas that this database is older than what was published; no row if it is noted already.
UPDATE head SET value = 1 WHERE name = 'recovery' AND value = 0
RETURNING value;

-- name: recovery_done()^
-- Note that there is one history again.
UPDATE head SET value = 0 WHERE name = 'recovery'
RETURNING value;

-- name: last_position()^
-- Of the lists there are, the last one's; no row's is -1.
SELECT coalesce(max(position), -1) AS position FROM status_list;

-- name: unrevoked_values_of_list(list_id)
-- The values of a list that are not revoked, each with its record's current one and its owner.
SELECT v.jti, v.idx, v.token_id, t.jti AS current_jti, t.owner_id
  FROM token_value v
  JOIN token t ON t.id = v.token_id
 WHERE v.list_id = :list_id AND v.revoked_at IS NULL
 ORDER BY v.idx;

-- name: end_every_session(now)
-- End all sessions.
UPDATE session SET ended_at = :now WHERE ended_at IS NULL
RETURNING id;
