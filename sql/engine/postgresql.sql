-- What only PostgreSQL can say. Run after every migration; safe to run again.

-- Whole POSIX seconds, floored: a cast would round 1.6 up to 2 and put `iat` into the future.
CREATE OR REPLACE FUNCTION sc_now() RETURNS BIGINT LANGUAGE sql VOLATILE AS
'SELECT floor(extract(epoch FROM clock_timestamp()))::bigint
      + coalesce(nullif(current_setting(''safeconduct.clock_offset'', true), ''''), ''0'')::bigint';

-- The time of the snapshot: never newer than the data a transaction reads.
CREATE OR REPLACE FUNCTION sc_snapshot_time() RETURNS BIGINT LANGUAGE sql STABLE AS
'SELECT floor(extract(epoch FROM transaction_timestamp()))::bigint
      + coalesce(nullif(current_setting(''safeconduct.clock_offset'', true), ''''), ''0'')::bigint';

-- 1 on a primary that takes writes, else 0: a standby's answer is no truth.
CREATE OR REPLACE FUNCTION sc_writable() RETURNS BIGINT LANGUAGE sql STABLE AS
'SELECT CASE WHEN pg_is_in_recovery() OR current_setting(''transaction_read_only'')::boolean THEN 0 ELSE 1 END::bigint';

-- Wakes every process that listens once a change of the status lists is committed; it says nothing, they read. A commit
-- that notifies waits for every other such commit, which these do anyway: each holds the head that it moves.
CREATE OR REPLACE FUNCTION sc_announce() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN
    PERFORM pg_notify(''safeconduct'', '''');
    RETURN NULL;
END';

CREATE OR REPLACE TRIGGER head_is_announced AFTER UPDATE ON head
    FOR EACH ROW WHEN (NEW.name IN ('revision', 'epoch') AND NEW.value <> OLD.value) EXECUTE FUNCTION sc_announce();

CREATE OR REPLACE FUNCTION sc_revoked_is_final() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN
    IF OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
        RAISE EXCEPTION ''a revocation is final'' USING ERRCODE = ''integrity_constraint_violation'';
    END IF;
    RETURN NEW;
END';

CREATE OR REPLACE TRIGGER token_revoked_is_final BEFORE UPDATE ON token
    FOR EACH ROW EXECUTE FUNCTION sc_revoked_is_final();

CREATE OR REPLACE TRIGGER token_value_revoked_is_final BEFORE UPDATE ON token_value
    FOR EACH ROW EXECUTE FUNCTION sc_revoked_is_final();

-- The addresses of each token in one text: `time/address`, separated by a space, in no order.
CREATE OR REPLACE VIEW token_addresses AS
SELECT token_id, string_agg(last_at || '/' || ip, ' ') AS seen
  FROM token_address
 GROUP BY token_id;
