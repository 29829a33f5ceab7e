-- name: webhooks()
-- All of them, by name.
SELECT id, name, url, kinds, sealed_secret, old_sealed_secret, old_secret_until, created_at, disabled_at
  FROM webhook
 ORDER BY name_folded;

-- name: lock_webhook(id)^
-- Hold one for this transaction and answer it as it is then.
UPDATE webhook SET created_at = created_at
 WHERE id = :id
RETURNING id, name, url, kinds, sealed_secret, old_sealed_secret, old_secret_until, created_at, disabled_at;

-- name: add_webhook(id, name, name_folded, url, kinds, sealed_secret, created_at)^
-- Store one; no row if its folded name is taken.
INSERT INTO webhook (id, name, name_folded, url, kinds, sealed_secret, created_at)
VALUES (:id, :name, :name_folded, :url, :kinds, :sealed_secret, :created_at)
ON CONFLICT (name_folded) DO NOTHING
RETURNING id;

-- name: change_webhook(id, url, kinds, sealed_secret, old_sealed_secret, old_secret_until, disabled_at)^
-- Write what may change of one.
UPDATE webhook
   SET url = :url, kinds = :kinds, sealed_secret = :sealed_secret, old_sealed_secret = :old_sealed_secret,
       old_secret_until = :old_secret_until, disabled_at = :disabled_at
 WHERE id = :id
RETURNING id;

-- name: remove_webhook(id)^
-- Nothing is sent there any more; no row if it is gone already.
DELETE FROM webhook WHERE id = :id
RETURNING name;
