-- name: add_status_list(id, position, created_at)^
-- Open a status list.
INSERT INTO status_list (id, position, created_at, revision)
VALUES (:id, :position, :created_at, 0)
RETURNING id;

-- name: status_list_at(position)^
-- The list that holds the indexes of a position.
SELECT id FROM status_list WHERE position = :position;

-- name: status_lists()
-- All lists, oldest first.
SELECT id FROM status_list ORDER BY position;

-- name: status_lists_changed_since(revision)
-- Lists with a change of a higher revision, oldest first.
SELECT id FROM status_list WHERE revision > :revision ORDER BY position;

-- name: add_status_change(revision, list_id, idx, status, jti, changed_at)*!
-- Tell the published lists of a change.
INSERT INTO status_change (revision, list_id, idx, status, jti, changed_at)
VALUES (:revision, :list_id, :idx, :status, :jti, :changed_at);

-- name: touch_status_list(id, revision)*!
-- Note the revision of the latest change of a list.
UPDATE status_list SET revision = :revision WHERE id = :id;

-- name: touch_status_lists(revision)
-- Let every list count as changed.
UPDATE status_list SET revision = :revision
RETURNING id;

-- name: status_list_head(id, capacity)^
-- The time of this snapshot and the revision of the list's last change; `closed` is 1 once no index of the list will be
-- handed out any more.
SELECT sc_snapshot_time() AS as_of, l.revision AS version,
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

-- name: publish_status_list(list_id, version, tick, token, issued_at, expires_at)^
-- Store a list token; no row if one of the same or a higher (version, tick) is there.
INSERT INTO signed_status_list (list_id, version, tick, token, issued_at, expires_at)
VALUES (:list_id, :version, :tick, :token, :issued_at, :expires_at)
ON CONFLICT (list_id) DO UPDATE
   SET version = excluded.version, tick = excluded.tick, token = excluded.token, issued_at = excluded.issued_at,
       expires_at = excluded.expires_at
 WHERE (signed_status_list.version, signed_status_list.tick) < (excluded.version, excluded.tick)
RETURNING list_id;
