-- name: audit_chain(sequence)^
-- The chain up to a row of the audit trail.
SELECT chain FROM audit WHERE sequence = :sequence;

-- name: add_audit(sequence, at, actor, action, subject, detail, chain)*!
-- Append a row to the audit trail.
INSERT INTO audit (sequence, at, actor, action, subject, detail, chain)
VALUES (:sequence, :at, :actor, :action, :subject, :detail, :chain);

-- name: audit_about(subject)
-- What happened to one subject, oldest first.
SELECT sequence, at, actor, action, subject, detail, chain
  FROM audit
 WHERE subject = :subject
 ORDER BY sequence;

-- name: page_of_audit(actor, action, subject, since, until, before, limit)
-- Rows of the audit trail, the newest first; an action matches whole, or by the word before its dot.
SELECT sequence, at, actor, action, subject, detail, chain
  FROM audit
 WHERE (CAST(:before AS BIGINT) IS NULL OR sequence < CAST(:before AS BIGINT))
   AND (CAST(:actor AS TEXT) IS NULL OR actor = CAST(:actor AS TEXT))
   AND (CAST(:subject AS TEXT) IS NULL OR subject = CAST(:subject AS TEXT))
   AND (CAST(:action AS TEXT) IS NULL OR action = CAST(:action AS TEXT)
        OR substr(action, 1, length(CAST(:action AS TEXT)) + 1) = CAST(:action AS TEXT) || '.')
   AND (CAST(:since AS BIGINT) IS NULL OR at >= CAST(:since AS BIGINT))
   AND (CAST(:until AS BIGINT) IS NULL OR at < CAST(:until AS BIGINT))
 ORDER BY sequence DESC
 LIMIT :limit;
