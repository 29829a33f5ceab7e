-- name: add_client(id, name, secret_hash, audiences, permissions, created_at, disabled_at)^
-- Store a client; no row if its id is taken.
INSERT INTO client (id, name, secret_hash, audiences, permissions, created_at, disabled_at)
VALUES (:id, :name, :secret_hash, :audiences, :permissions, :created_at, :disabled_at)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: clients()
-- All clients, oldest first.
SELECT id, name, secret_hash, audiences, permissions, created_at, disabled_at
  FROM client
 ORDER BY created_at, id;

-- name: disable_client(id, now)^
-- Disable a client; no row if it is unknown or disabled already.
UPDATE client SET disabled_at = :now
 WHERE id = :id AND disabled_at IS NULL
RETURNING id;
