-- name: add_notice(id, kind, user_id, token_id, detail, sealed, created_at, expires_at)*!
-- Note what somebody is to be told; of one cause once.
INSERT INTO notice (id, kind, user_id, token_id, detail, sealed, created_at, expires_at)
VALUES (:id, :kind, :user_id, :token_id, :detail, :sealed, :created_at, :expires_at)
ON CONFLICT (id) DO NOTHING;

-- name: add_revocation_notices(kind, by, detail, now, ids)*!
-- Note for many records that were just revoked that their owners are to be told, unless they did it themselves or there
-- is nobody who could be told. A record is revoked once: its id is the notice's.
WITH RECURSIVE
     line (n, ids) AS (
         SELECT 1, substr(CAST(:ids AS TEXT), 1, 1056)
         UNION ALL
         SELECT n + 1056, substr(CAST(:ids AS TEXT), n + 1056, 1056) FROM line WHERE n + 1056 < length(CAST(:ids AS TEXT))),
     key (n, id, ids) AS (
         SELECT 1, substr(ids, 1, 32), ids FROM line
         UNION ALL
         SELECT n + 33, substr(ids, n + 33, 32), ids FROM key WHERE n + 33 < length(ids))
INSERT INTO notice (id, kind, user_id, token_id, detail, created_at)
SELECT t.id, CAST(:kind AS TEXT), t.owner_id, t.id, CAST(:detail AS TEXT), CAST(:now AS BIGINT)
  FROM token t
 WHERE t.id IN (SELECT id FROM key) AND CAST(:by AS TEXT) <> 'user:' || t.owner_id
   AND (EXISTS (SELECT 1 FROM webhook w WHERE w.disabled_at IS NULL)
        OR EXISTS (SELECT 1 FROM contact c WHERE c.user_id = t.owner_id AND c.email IS NOT NULL)
        OR EXISTS (SELECT 1 FROM machine_responsible m WHERE m.machine_id = t.owner_id))
ON CONFLICT (id) DO NOTHING;

-- name: waiting_notices(limit)
-- Those whose deliveries are not planned yet, the oldest first.
SELECT id, kind, user_id, token_id, detail, sealed, created_at, expires_at
  FROM notice
 WHERE message_id IS NULL
 ORDER BY created_at, id
 LIMIT :limit;

-- name: join_message(id, message_id)*!
-- Make a notice a part of a message.
UPDATE notice SET message_id = :message_id WHERE id = :id AND message_id IS NULL;

-- name: notices_of_message(message_id)
-- What a message says, with the names that it says it by, as they are now.
SELECT n.id, n.kind, n.user_id, n.token_id, n.detail, n.sealed, n.created_at, n.expires_at,
       t.note, t.expires_at AS token_expires_at, t.last_used_at, t.last_used_user_agent, u.name AS user_name
  FROM notice n
  LEFT JOIN token t ON t.id = n.token_id
  LEFT JOIN users u ON u.id = n.user_id
 WHERE n.message_id = :message_id
 ORDER BY n.id;

-- name: forget_sealed(message_id)
-- Drop the secret of a link once nobody is to be mailed it any more.
UPDATE notice SET sealed = NULL
 WHERE message_id = :message_id AND sealed IS NOT NULL
RETURNING id;

-- name: count_notices(token_id, kind, since)^
-- How many of one kind there were about a token since a time.
SELECT count(*) AS notices FROM notice WHERE token_id = :token_id AND kind = :kind AND created_at > :since;

-- name: count_notices_to(user_id, kind, since)^
-- How many of one kind there were about an account since a time.
SELECT count(*) AS notices FROM notice WHERE user_id = :user_id AND kind = :kind AND created_at > :since;

-- name: forget_notices(before, limit)
-- Drop what was told long ago, and what nobody was to be told of.
DELETE FROM notice
 WHERE id IN (SELECT n.id
                FROM notice n
               WHERE n.created_at < :before AND n.message_id IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.message_id = n.message_id)
               ORDER BY n.created_at
               LIMIT :limit)
RETURNING id;
