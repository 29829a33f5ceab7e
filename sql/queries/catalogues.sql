-- name: add_catalogue(version, document, applied_at, applied_by)^
-- Store an applied catalogue.
INSERT INTO catalogue (version, document, applied_at, applied_by)
VALUES (:version, :document, :applied_at, :applied_by)
RETURNING version;

-- name: latest_catalogue()^
-- The catalogue that holds.
SELECT version, document FROM catalogue ORDER BY version DESC LIMIT 1;

-- name: live_scope_lists()
-- How many live tokens hold each combination of scopes.
SELECT scopes, count(*) AS tokens
  FROM token
 WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > sc_now())
 GROUP BY scopes;
