-- name: tokens_ending(now, limit)
-- Records that end soon and whose owner was not told of the nearest of 1, 3, 7 and 14 days before this end. A value made
-- since then says its end itself.
SELECT e.id, e.owner_id, e.expires_at, e.days
  FROM (SELECT t.id, t.owner_id, t.expires_at, t.jti,
               CASE WHEN t.expires_at <= CAST(:now AS BIGINT) + 86400 THEN 1
                    WHEN t.expires_at <= CAST(:now AS BIGINT) + 259200 THEN 3
                    WHEN t.expires_at <= CAST(:now AS BIGINT) + 604800 THEN 7
                    ELSE 14 END AS days
          FROM token t
         WHERE t.revoked_at IS NULL AND t.parent_id IS NULL
           AND t.expires_at > CAST(:now AS BIGINT) AND t.expires_at <= CAST(:now AS BIGINT) + 1209600) e
  JOIN token_value v ON v.jti = e.jti AND v.issued_at < e.expires_at - 86400 * e.days
  LEFT JOIN reminded r ON r.token_id = e.id
 WHERE r.token_id IS NULL OR r.expires_at <> e.expires_at OR r.days > e.days
 ORDER BY e.expires_at, e.id
 LIMIT :limit;

-- name: remind(token_id, expires_at, days)^
-- Note that this was told; no row if it was, or something nearer to the end.
INSERT INTO reminded (token_id, expires_at, days) VALUES (:token_id, :expires_at, :days)
ON CONFLICT (token_id) DO UPDATE SET expires_at = excluded.expires_at, days = excluded.days
 WHERE reminded.expires_at <> excluded.expires_at OR reminded.days > excluded.days
RETURNING token_id;

-- name: note_network(token_id, network, at)*!
-- Note from which network a token was used. The owner need not be told of the first one.
INSERT INTO token_network (token_id, network, first_at, last_at, told)
SELECT t.id, :network, CAST(:at AS BIGINT), CAST(:at AS BIGINT),
       CASE WHEN EXISTS (SELECT 1 FROM token_network n WHERE n.token_id = t.id) THEN 0 ELSE 1 END
  FROM token t
 WHERE t.id = :token_id
ON CONFLICT (token_id, network) DO UPDATE SET last_at = excluded.last_at
 WHERE excluded.last_at >= token_network.last_at + 86400;

-- name: untold_networks(limit)
-- Networks of which owners are not told yet, those that were seen first first.
SELECT n.token_id, t.owner_id, n.network, n.first_at
  FROM token_network n
  JOIN token t ON t.id = n.token_id
 WHERE n.told = 0
 ORDER BY n.first_at, n.token_id, n.network
 LIMIT :limit;

-- name: tell_network(token_id, network)^
-- Note that this is told; no row if it was.
UPDATE token_network SET told = 1
 WHERE token_id = :token_id AND network = :network AND told = 0
RETURNING token_id;

-- name: drop_old_networks(token_id, most)*!
-- Keep the latest networks of a token alone.
DELETE FROM token_network
 WHERE token_id = :token_id
   AND network NOT IN (SELECT network FROM token_network WHERE token_id = :token_id
                        ORDER BY last_at DESC, network LIMIT :most);

-- name: forget_networks(before)
-- Drop networks that were last seen long ago.
DELETE FROM token_network WHERE last_at < :before
RETURNING token_id;
