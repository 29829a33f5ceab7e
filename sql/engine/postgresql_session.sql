-- How PostgreSQL begins and ends: the same names as for SQLite. Nothing is set beyond a transaction's end, so that
-- a pooler may hand each transaction to another server process.

-- name: begin()!
-- Begin a transaction that writes, unless the server was set to read-only, which is not ours to override. Its commit
-- waits at least for the disk of this server; a stalled client holds locks for 5 seconds at most.
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT set_config('lock_timeout', '5s', true),
       set_config('idle_in_transaction_session_timeout', '5s', true),
       set_config('synchronous_commit',
                  CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END,
                  true);

-- name: begin_snapshot()!
-- Begin reads that all see one snapshot.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL idle_in_transaction_session_timeout = '5s';

-- name: begin_migration()!
-- Begin a migration: nobody else migrates meanwhile. The lock ends with the transaction.
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT pg_advisory_xact_lock(7305808869231643762);

-- name: commit()!
-- Make it durable.
COMMIT;

-- name: rollback()!
-- Leave nothing.
ROLLBACK;

-- name: migration_table()^
-- A row once any migration was applied.
SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_migration';

-- name: turn_clock(offset)^
-- Let the clock of this session run ahead by some seconds; for tests.
SELECT set_config('safeconduct.clock_offset', CAST(:offset AS TEXT), false) AS clock_offset;

-- name: claim(k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- Claim up to 32 names for this transaction without waiting; answers those that no other transaction holds.
SELECT c.name
  FROM (SELECT each.name, pg_try_advisory_xact_lock(hashtextextended(each.name, 0)) AS held
          FROM unnest(CAST(ARRAY[:k01, :k02, :k03, :k04, :k05, :k06, :k07, :k08, :k09, :k10, :k11, :k12, :k13, :k14, :k15, :k16, :k17,
                                 :k18, :k19, :k20, :k21, :k22, :k23, :k24, :k25, :k26, :k27, :k28, :k29, :k30, :k31, :k32]
                           AS TEXT[])) AS each (name)
         WHERE each.name <> '') c
 WHERE c.held;

-- name: durability()
-- What decides whether a commit survives: settings of this server.
SELECT name, setting AS value
  FROM pg_settings
 WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'synchronous_standby_names');

-- name: hold_tokens(ids)
-- Hold many records for this transaction: families by their parent's id, and the parent first.
SELECT id
  FROM token
 WHERE id = ANY(string_to_array(CAST(:ids AS TEXT), ' '))
 ORDER BY coalesce(parent_id, id), parent_id IS NOT NULL, id
   FOR NO KEY UPDATE;

-- name: hold_families(ids)
-- The same with their children.
SELECT id, parent_id
  FROM token
 WHERE id = ANY(string_to_array(CAST(:ids AS TEXT), ' ')) OR parent_id = ANY(string_to_array(CAST(:ids AS TEXT), ' '))
 ORDER BY coalesce(parent_id, id), parent_id IS NOT NULL, id
   FOR NO KEY UPDATE;
