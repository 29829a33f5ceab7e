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
