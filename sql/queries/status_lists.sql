-- name: add_status_list(id, position, created_at)^
-- Open a status list.
INSERT INTO status_list (id, position, created_at, revision)
VALUES (:id, :position, :created_at, 0)
RETURNING id;

-- name: status_list_at(position)^
-- The list that holds the indexes of a position.
SELECT id FROM status_list WHERE position = :position;

-- name: status_lists()
-- All lists that are published, oldest first.
SELECT id FROM status_list WHERE retired_at IS NULL ORDER BY position;

-- name: status_lists_changed_since(revision)
-- Published lists with a change of a higher revision, oldest first.
SELECT id FROM status_list WHERE revision > :revision AND retired_at IS NULL ORDER BY position;

-- name: add_status_changes(revision, status, changed_at, ids)
-- Tell the published lists of the status that many values have now, by their jti.
WITH RECURSIVE
     line (n, ids) AS (
         SELECT 1, substr(CAST(:ids AS TEXT), 1, 1056)
         UNION ALL
         SELECT n + 1056, substr(CAST(:ids AS TEXT), n + 1056, 1056) FROM line WHERE n + 1056 < length(CAST(:ids AS TEXT))),
     key (n, id, ids) AS (
         SELECT 1, substr(ids, 1, 32), ids FROM line
         UNION ALL
         SELECT n + 33, substr(ids, n + 33, 32), ids FROM key WHERE n + 33 < length(ids))
INSERT INTO status_change (revision, list_id, idx, status, jti, changed_at)
SELECT :revision, list_id, idx, :status, jti, :changed_at
  FROM token_value
 WHERE jti IN (SELECT id FROM key)
RETURNING jti;

-- name: touch_status_list(id, revision)*!
-- Note the revision of the latest change of a list.
UPDATE status_list SET revision = :revision WHERE id = :id;

-- name: touch_status_lists(revision)
-- Let every list count as changed.
UPDATE status_list SET revision = :revision WHERE retired_at IS NULL
RETURNING id;

-- name: status_list_head(id, capacity)^
-- The time of this snapshot and the revision of the list's last change; `closed` is 1 once no index of the list will be
-- handed out any more.
SELECT sc_snapshot_time() AS as_of, l.revision AS version, l.retired_at,
       CASE WHEN i.value >= (l.position + 1) * :capacity THEN 1 ELSE 0 END AS closed
  FROM status_list l
  JOIN head i ON i.name = 'index'
 WHERE l.id = :id;

-- name: status_list_entries(list_id, as_of, unlisted)
-- Every index of a list whose status differs from that of the indexes without a row. A valid value whose exp has
-- passed needs no entry.
SELECT e.idx, e.status
  FROM (SELECT v.idx, v.expires_at,
               CASE WHEN v.revoked_at IS NOT NULL OR t.revoked_at IS NOT NULL
                         OR k.state NOT IN ('active', 'retired')
                         OR u.disabled_at IS NOT NULL
                         OR (v.ends_at <= :as_of AND v.ends_at < v.expires_at)
                         OR (t.parent_id IS NOT NULL
                             AND (p.revoked_at IS NOT NULL
                                  OR pv.jti IS NULL OR pv.revoked_at IS NOT NULL OR pv.ends_at <= :as_of
                                  OR pk.state NOT IN ('active', 'retired'))) THEN 1
                    WHEN t.suspended_at IS NOT NULL OR p.suspended_at IS NOT NULL THEN 2
                    ELSE 0
               END AS status
          FROM token_value v
          JOIN token t ON t.id = v.token_id
          JOIN users u ON u.id = t.owner_id
          JOIN signing_key k ON k.kid = v.kid
          LEFT JOIN token p ON p.id = t.parent_id
          LEFT JOIN token_value pv ON pv.jti = t.parent_jti
          LEFT JOIN signing_key pk ON pk.kid = pv.kid
         WHERE v.list_id = :list_id) e
 WHERE e.status <> :unlisted AND NOT (e.status = 0 AND e.expires_at <= :as_of);

-- name: signed_status_list(list_id)^
-- The list token that all replicas serve.
SELECT list_id, version, tick, token, issued_at, expires_at
  FROM signed_status_list
 WHERE list_id = :list_id;

-- name: note_status_list_version(list_id, version, signed_at)*!
-- Note when a version of a list was first signed, before its token replaces the one that it supersedes.
INSERT INTO status_list_version (list_id, version, signed_at, superseded_until)
SELECT l.id, :version, :signed_at, s.expires_at
  FROM status_list l
  LEFT JOIN signed_status_list s ON s.list_id = l.id
 WHERE l.id = :list_id AND (s.version IS NULL OR s.version < :version)
ON CONFLICT (list_id, version) DO NOTHING;

-- name: publish_status_list(list_id, version, tick, token, issued_at, expires_at)^
-- Store a list token; no row if one of the same or a higher (version, tick) is there.
INSERT INTO signed_status_list (list_id, version, tick, token, issued_at, expires_at)
VALUES (:list_id, :version, :tick, :token, :issued_at, :expires_at)
ON CONFLICT (list_id) DO UPDATE
   SET version = excluded.version, tick = excluded.tick, token = excluded.token, issued_at = excluded.issued_at,
       expires_at = excluded.expires_at
 WHERE (signed_status_list.version, signed_status_list.tick) < (excluded.version, excluded.tick)
RETURNING list_id;

-- name: full_status_lists(capacity)
-- Lists of which no index will be handed out any more, the retired ones as well, oldest first.
SELECT l.id
  FROM status_list l
  JOIN head i ON i.name = 'index'
 WHERE i.value >= (l.position + 1) * :capacity
 ORDER BY l.position;

-- name: retire_status_list(id, now, spent_by)^
-- End the publication of a full list if its last value had expired by a time; no row otherwise.
UPDATE status_list SET retired_at = :now
 WHERE id = :id AND retired_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM token_value v WHERE v.list_id = status_list.id AND v.expires_at > :spent_by)
RETURNING id;

-- name: forget_signed_status_list(list_id)*!
-- Drop the token of a list that is published no more.
DELETE FROM signed_status_list WHERE list_id = :list_id;

-- name: forget_values(list_id, before, limit)
-- Drop values of a list that had expired by a time; without a row they read INVALID once the list is full. What stands
-- for a record that lives by a short reference stays (carried.sql).
DELETE FROM token_value
 WHERE jti IN (SELECT v.jti
                 FROM token_value v
                WHERE v.list_id = :list_id AND v.expires_at <= :before
                  AND NOT EXISTS (SELECT 1 FROM token t
                                   WHERE t.id = v.token_id AND t.jti = v.jti AND t.revoked_at IS NULL
                                     AND t.reference_hint IS NOT NULL)
                LIMIT :limit)
RETURNING jti;

-- name: forget_status_changes(before, limit)
-- Drop what the published lists were told by a time, the oldest first.
DELETE FROM status_change
 WHERE changed_at <= :before
   AND revision IN (SELECT o.revision FROM (SELECT revision FROM status_change ORDER BY revision LIMIT :limit) o)
RETURNING revision;

-- name: forget_status_list_versions(before)
-- Drop when versions were signed by a time, but for the last of each list.
DELETE FROM status_list_version
 WHERE signed_at <= :before
   AND version < (SELECT l.revision FROM status_list l WHERE l.id = status_list_version.list_id)
RETURNING version;

-- name: notices_of(token_id)
-- For each list, when it was last told of the end of a value of a record, and the first signed version that shows it.
SELECT e.revision, e.changed_at, f.version, f.signed_at, f.superseded_until
  FROM (SELECT c.list_id, max(c.revision) AS revision, max(c.changed_at) AS changed_at
          FROM token_value v
          JOIN status_change c ON c.jti = v.jti AND c.status = 1
         WHERE v.token_id = :token_id
         GROUP BY c.list_id) e
  LEFT JOIN status_list_version f
    ON f.list_id = e.list_id
   AND f.version = (SELECT min(n.version)
                      FROM status_list_version n
                     WHERE n.list_id = e.list_id AND n.version >= e.revision);
