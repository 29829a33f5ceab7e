-- How SQLite begins and ends: the same names as for PostgreSQL.

-- name: open_session()#
-- One durable database: an acknowledged commit is on the disk.
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA busy_timeout = 1000;

-- name: begin()!
-- Begin a transaction that writes: it waits here, not at its first write.
BEGIN IMMEDIATE;

-- name: begin_snapshot()!
-- Begin reads that all see what their first one sees.
BEGIN;

-- name: begin_migration()!
-- Begin a migration: nobody else migrates meanwhile.
BEGIN IMMEDIATE;

-- name: commit()!
-- Make it durable.
COMMIT;

-- name: rollback()!
-- Leave nothing.
ROLLBACK;

-- name: migration_table()^
-- A row once any migration was applied.
SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_migration';
