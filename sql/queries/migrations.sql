-- name: create_schema_migration()!
-- The table of what was applied.
CREATE TABLE IF NOT EXISTS schema_migration (
    version    BIGINT PRIMARY KEY,
    name       TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    applied_at BIGINT NOT NULL
);

-- name: applied_migrations()
-- What was applied, in order.
SELECT version, name, sha256 FROM schema_migration ORDER BY version;

-- name: record_migration(version, name, sha256, applied_at)^
-- Note that a migration was applied.
INSERT INTO schema_migration (version, name, sha256, applied_at)
VALUES (:version, :name, :sha256, :applied_at)
ON CONFLICT (version) DO UPDATE SET name = excluded.name, sha256 = excluded.sha256, applied_at = excluded.applied_at
RETURNING version;
