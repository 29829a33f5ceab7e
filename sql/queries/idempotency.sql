-- name: earlier_requests(k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- What was made under up to 32 keys in the last day.
SELECT key_hash, body_hash, token_id
  FROM idempotency
 WHERE expires_at > sc_now() AND key_hash IN
       (:k01, :k02, :k03, :k04, :k05, :k06, :k07, :k08, :k09, :k10, :k11, :k12, :k13, :k14, :k15, :k16, :k17,
        :k18, :k19, :k20, :k21, :k22, :k23, :k24, :k25, :k26, :k27, :k28, :k29, :k30, :k31, :k32);

-- name: note_request(key_hash, body_hash, token_id, expires_at)*!
-- Note what was made under a key; a note that is over gives way.
INSERT INTO idempotency (key_hash, body_hash, token_id, expires_at)
VALUES (:key_hash, :body_hash, :token_id, :expires_at)
ON CONFLICT (key_hash) DO UPDATE
   SET body_hash = excluded.body_hash, token_id = excluded.token_id, expires_at = excluded.expires_at;

-- name: forget_requests(now, limit)
-- Drop notes that are over.
DELETE FROM idempotency
 WHERE key_hash IN (SELECT key_hash FROM idempotency WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit)
RETURNING key_hash;
