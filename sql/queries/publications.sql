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
