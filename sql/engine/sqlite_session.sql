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

-- name: claim(k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- Claim up to 32 names for this transaction: there is no other one that writes.
SELECT column1 AS name
  FROM (VALUES (:k01), (:k02), (:k03), (:k04), (:k05), (:k06), (:k07), (:k08), (:k09), (:k10), (:k11), (:k12),
              (:k13), (:k14), (:k15), (:k16), (:k17), (:k18), (:k19), (:k20), (:k21), (:k22), (:k23), (:k24),
              (:k25), (:k26), (:k27), (:k28), (:k29), (:k30), (:k31), (:k32))
 WHERE column1 <> '';

-- name: durability()
-- What decides whether a commit survives: settings of this file and connection.
SELECT 'journal_mode' AS name, journal_mode AS value FROM pragma_journal_mode
UNION ALL
SELECT 'synchronous', CAST(synchronous AS TEXT) FROM pragma_synchronous;

-- name: hold_tokens(ids)
-- Hold many records for this transaction: there is no other one that writes.
SELECT id FROM token WHERE id = :ids;

-- name: hold_families(ids)
-- Many records and their children, which nobody else can write.
WITH RECURSIVE
     line (n, ids) AS (
         SELECT 1, substr(:ids, 1, 1056)
         UNION ALL
         SELECT n + 1056, substr(:ids, n + 1056, 1056) FROM line WHERE n + 1056 < length(:ids)),
     key (n, id, ids) AS (
         SELECT 1, substr(ids, 1, 32), ids FROM line
         UNION ALL
         SELECT n + 33, substr(ids, n + 33, 32), ids FROM key WHERE n + 33 < length(ids))
SELECT id, parent_id FROM token WHERE id IN (SELECT id FROM key) OR parent_id IN (SELECT id FROM key);
