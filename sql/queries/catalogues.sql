-- name: add_catalogue(version, document, applied_at, applied_by)^
-- Store an applied catalogue.
INSERT INTO catalogue (version, document, applied_at, applied_by)
VALUES (:version, :document, :applied_at, :applied_by)
RETURNING version;

-- name: latest_catalogue()^
-- The catalogue that holds.
SELECT version, document FROM catalogue ORDER BY version DESC LIMIT 1;
