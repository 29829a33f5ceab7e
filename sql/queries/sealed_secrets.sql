-- name: sealed_secret(name)^
-- A sealed symmetric key.
SELECT sealed, master_id FROM sealed_secret WHERE name = :name;

-- name: add_sealed_secret(name, sealed, master_id, created_at)^
-- Store a sealed symmetric key; no row if the name is there already.
INSERT INTO sealed_secret (name, sealed, master_id, created_at)
VALUES (:name, :sealed, :master_id, :created_at)
ON CONFLICT (name) DO NOTHING
RETURNING name;
