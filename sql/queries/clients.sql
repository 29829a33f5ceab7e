-- name: add_client(id, name, secret_hash, audiences, permissions, machine_id, jwks, created_at, disabled_at)^
-- Store a client; no row if its id is taken.
INSERT INTO client (id, name, secret_hash, audiences, permissions, machine_id, jwks, created_at, disabled_at)
VALUES (:id, :name, :secret_hash, :audiences, :permissions, :machine_id, :jwks, :created_at, :disabled_at)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: clients()
-- All clients, oldest first.
SELECT id, name, secret_hash, audiences, permissions, machine_id, jwks, old_secret_hash, old_secret_until, created_at,
       disabled_at
  FROM client
 ORDER BY created_at, id;

-- name: lock_client(id)^
-- Hold a client for this transaction and answer it as it is then.
UPDATE client SET created_at = created_at
 WHERE id = :id
RETURNING id, name, secret_hash, audiences, permissions, machine_id, jwks, old_secret_hash, old_secret_until,
          created_at, disabled_at;

-- name: change_client_proof(id, secret_hash, jwks, old_secret_hash, old_secret_until)^
-- Write by what a client proves itself.
UPDATE client
   SET secret_hash = :secret_hash, jwks = :jwks, old_secret_hash = :old_secret_hash, old_secret_until = :old_secret_until
 WHERE id = :id
RETURNING id;

-- name: change_client_rights(id, audiences, permissions, machine_id)^
-- Write what a client may ask about and do, and whom it acts for.
UPDATE client SET audiences = :audiences, permissions = :permissions, machine_id = :machine_id
 WHERE id = :id
RETURNING id;

-- name: disable_client(id, now)^
-- Disable a client; no row if it is unknown or disabled already.
UPDATE client SET disabled_at = :now
 WHERE id = :id AND disabled_at IS NULL
RETURNING id;

-- name: use_assertion(assertion_hash, expires_at)^
-- Note an assertion as used; no row if it was.
INSERT INTO used_assertion (assertion_hash, expires_at) VALUES (:assertion_hash, :expires_at)
ON CONFLICT (assertion_hash) DO NOTHING
RETURNING assertion_hash;

-- name: forget_assertions(now, limit)
-- Drop those that nobody would take any more.
DELETE FROM used_assertion
 WHERE assertion_hash IN
       (SELECT assertion_hash FROM used_assertion WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit)
RETURNING assertion_hash;
