-- name: sign_in_counts(account, address, pair)
-- The failures that still count in three buckets; a bucket without any has no row.
SELECT bucket, failures, since, last_at
  FROM sign_in_count
 WHERE bucket IN (:account, :address, :pair) AND forget_at > sc_now();

-- name: lock_sign_in_count(bucket, now)^
-- Hold a bucket for this transaction and answer it as it is then; what is forgotten begins anew.
INSERT INTO sign_in_count (bucket, failures, since, last_at, forget_at)
VALUES (:bucket, 0, :now, :now, :now)
ON CONFLICT (bucket) DO UPDATE
   SET failures = CASE WHEN sign_in_count.forget_at > :now THEN sign_in_count.failures ELSE 0 END
RETURNING failures, since, last_at;

-- name: write_sign_in_count(bucket, failures, since, last_at, forget_at)*!
-- Write a bucket that is held.
UPDATE sign_in_count
   SET failures = :failures, since = :since, last_at = :last_at, forget_at = :forget_at
 WHERE bucket = :bucket;

-- name: forget_sign_in_count(bucket)^
-- Empty a bucket.
DELETE FROM sign_in_count WHERE bucket = :bucket
RETURNING bucket;

-- name: excuse_sign_in(bucket)^
-- Take one failure back.
UPDATE sign_in_count SET failures = failures - 1
 WHERE bucket = :bucket AND failures > 0
RETURNING bucket;

-- name: uncount_sign_in(bucket, counted, counted_at, before_at)^
-- Take one back that was no failure, with its time, unless another was counted meanwhile.
UPDATE sign_in_count
   SET failures = failures - 1,
       last_at = CASE WHEN failures = :counted AND last_at = :counted_at THEN :before_at ELSE last_at END
 WHERE bucket = :bucket AND failures > 0
RETURNING bucket;

-- name: forgotten_sign_in_counts(now, limit)
-- Buckets that count no more.
SELECT bucket FROM sign_in_count WHERE forget_at <= :now ORDER BY forget_at LIMIT :limit;

-- name: sweep_sign_in_count(bucket, now)*!
-- Remove a bucket that counts no more.
DELETE FROM sign_in_count WHERE bucket = :bucket AND forget_at <= :now;

-- name: known_origins(user_id, network, device)
-- Which of a network and a device an account knows.
SELECT origin FROM known_origin
 WHERE user_id = :user_id AND origin IN (:network, :device) AND forget_at > sc_now();

-- name: know_origin(user_id, origin, forget_at)^
-- Know an origin for a while, or for longer.
INSERT INTO known_origin (user_id, origin, forget_at)
VALUES (:user_id, :origin, :forget_at)
ON CONFLICT (user_id, origin) DO UPDATE SET forget_at = excluded.forget_at
RETURNING origin;

-- name: crowd_out_origins(user_id, most)
-- Keep the origins of an account that will be forgotten last.
DELETE FROM known_origin
 WHERE user_id = :user_id
   AND origin NOT IN (SELECT origin FROM known_origin WHERE user_id = :user_id
                       ORDER BY forget_at DESC, origin LIMIT :most)
RETURNING origin;

-- name: forget_origins(user_id)
-- An account that knows nowhere.
DELETE FROM known_origin WHERE user_id = :user_id
RETURNING origin;

-- name: sweep_known_origins(now)
-- Remove the origins that are known no more.
DELETE FROM known_origin WHERE forget_at <= :now
RETURNING origin;
