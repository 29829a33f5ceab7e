-- name: publication_news(capacity, after, limit)
-- Where the database is at the time of this read, once beside each of the latest changes beyond a revision, the newest
-- first, or once beside nothing: what a push follows, in one statement, so that all of it is of one moment.
SELECT e.value AS epoch, r.value AS revision, i.value / :capacity AS closed,
       (SELECT count(*) FROM status_list WHERE retired_at IS NULL) AS lists,
       (SELECT max(position) FROM status_list) AS newest,
       sc_snapshot_time() AS as_of, sc_writable() AS writable,
       c.revision AS changed_in, c.list_id, c.idx, c.status, c.changed_at
  FROM head e
  JOIN head r ON r.name = 'revision'
  JOIN head i ON i.name = 'index'
  LEFT JOIN (SELECT revision, list_id, idx, status, changed_at
               FROM status_change
              WHERE revision > :after
              ORDER BY revision DESC, list_id DESC, idx DESC
              LIMIT :limit) c ON c.revision > 0
 WHERE e.name = 'epoch'
 ORDER BY c.revision DESC, c.list_id DESC, c.idx DESC;

-- name: status_list_versions(capacity)
-- All published lists, each with the revision of its last change; `closed` is 1 once no index of it will be handed out.
SELECT l.id, l.revision, CASE WHEN i.value >= (l.position + 1) * :capacity THEN 1 ELSE 0 END AS closed
  FROM status_list l
  JOIN head i ON i.name = 'index'
 WHERE l.retired_at IS NULL
 ORDER BY l.position;

-- name: note_publication(form, revision, at_ms)*!
-- Note that a form has a revision; who was first stays.
INSERT INTO publication (form, revision, at_ms) VALUES (:form, :revision, :at_ms)
ON CONFLICT (form, revision) DO NOTHING;

-- name: publications_of(revision)
-- For each form the first note of a revision that is as high.
SELECT p.form, p.at_ms
  FROM publication p
 WHERE p.revision = (SELECT min(f.revision) FROM publication f WHERE f.form = p.form AND f.revision >= :revision);

-- name: forget_publications(before_ms, limit)
-- Drop the oldest notes.
DELETE FROM publication
 WHERE (form, revision) IN (SELECT form, revision FROM publication WHERE at_ms < :before_ms
                             ORDER BY at_ms, form, revision LIMIT :limit)
RETURNING form;
