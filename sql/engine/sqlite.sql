-- What only SQLite can say. Run after every migration; safe to run again.
-- sc_now(), sc_snapshot_time() and sc_writable() are functions the driver registers on each connection.

CREATE TRIGGER IF NOT EXISTS token_revoked_is_final BEFORE UPDATE ON token
    WHEN OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NOT OLD.revoked_at
BEGIN SELECT RAISE(ABORT, 'a revocation is final'); END;

CREATE TRIGGER IF NOT EXISTS token_value_revoked_is_final BEFORE UPDATE ON token_value
    WHEN OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NOT OLD.revoked_at
BEGIN SELECT RAISE(ABORT, 'a revocation is final'); END;

-- The addresses of each token in one text: `time/address`, separated by a space, in no order.
CREATE VIEW IF NOT EXISTS token_addresses AS
SELECT token_id, group_concat(last_at || '/' || ip, ' ') AS seen
  FROM token_address
 GROUP BY token_id;
