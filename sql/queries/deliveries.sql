-- name: add_delivery(id, message_id, channel, target, due_at, give_up_at)*!
-- Plan to tell one receiver; planned twice, it stands here once.
INSERT INTO delivery (id, message_id, channel, target, due_at, give_up_at, attempts)
VALUES (:id, :message_id, :channel, :target, :due_at, :give_up_at, 0)
ON CONFLICT (id) DO NOTHING;

-- name: due_deliveries(channel, now, limit)
-- What is to be tried now, the longest due first.
SELECT id, message_id, channel, target, due_at, give_up_at, attempts, fault, finished_at, outcome
  FROM delivery
 WHERE channel = :channel AND finished_at IS NULL AND due_at <= :now
 ORDER BY due_at, id
 LIMIT :limit;

-- name: claim_delivery(id, attempts, until)^
-- Take it for a while; no row if somebody else did.
UPDATE delivery SET attempts = attempts + 1, due_at = :until
 WHERE id = :id AND attempts = :attempts AND finished_at IS NULL
RETURNING id, message_id, channel, target, due_at, give_up_at, attempts, fault, finished_at, outcome;

-- name: postpone_delivery(id, attempts, due_at, fault)^
-- Try it again later; no row if somebody else has it by now.
UPDATE delivery SET due_at = :due_at, fault = :fault
 WHERE id = :id AND attempts = :attempts AND finished_at IS NULL
RETURNING id;

-- name: give_up_delivery(id, attempts, now, fault)^
-- Try it no more; no row if somebody else has it by now.
UPDATE delivery SET finished_at = :now, outcome = 'given_up', fault = :fault
 WHERE id = :id AND attempts = :attempts AND finished_at IS NULL
RETURNING id;

-- name: finish_delivery(id, now)^
-- It was delivered, whoever else may try it at this moment.
UPDATE delivery SET finished_at = :now, outcome = 'delivered', fault = NULL
 WHERE id = :id AND finished_at IS NULL
RETURNING id;

-- name: deliveries_to(target, limit)
-- The latest to one receiver, the last one first.
SELECT id, message_id, channel, target, due_at, give_up_at, attempts, fault, finished_at, outcome
  FROM delivery
 WHERE target = :target
 ORDER BY due_at DESC, id
 LIMIT :limit;

-- name: forget_deliveries(before, limit)
-- Drop what was finished long ago.
DELETE FROM delivery
 WHERE id IN (SELECT id FROM delivery WHERE finished_at < :before ORDER BY finished_at LIMIT :limit)
RETURNING id;

-- name: drop_deliveries_to(target)
-- Try nothing more with a receiver that is gone.
DELETE FROM delivery WHERE target = :target AND finished_at IS NULL
RETURNING id;

-- name: mail_receivers(k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- Who is written to about up to 32 accounts: a person themself, of a machine user those who answer for it.
SELECT u.id AS concerned_id, p.id AS user_id, c.reminders
  FROM users u
  LEFT JOIN machine_responsible r ON r.machine_id = u.id
  JOIN users p ON p.id = coalesce(r.user_id, u.id) AND p.disabled_at IS NULL
  JOIN contact c ON c.user_id = p.id AND c.email IS NOT NULL
 WHERE u.id IN
       (:k01, :k02, :k03, :k04, :k05, :k06, :k07, :k08, :k09, :k10, :k11, :k12, :k13, :k14, :k15, :k16, :k17,
        :k18, :k19, :k20, :k21, :k22, :k23, :k24, :k25, :k26, :k27, :k28, :k29, :k30, :k31, :k32);

-- name: administrators_with_mail()
-- The administrators who can be written to.
SELECT u.id
  FROM users u
  JOIN contact c ON c.user_id = u.id AND c.email IS NOT NULL
 WHERE u.role = 'administrator' AND u.disabled_at IS NULL
 ORDER BY u.id;
