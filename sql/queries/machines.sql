-- name: add_responsible(machine_id, user_id)*!
-- Let a person answer for a machine user.
INSERT INTO machine_responsible (machine_id, user_id) VALUES (:machine_id, :user_id);

-- name: drop_responsible(machine_id)
-- Let nobody answer for a machine user, until others do within the same transaction.
DELETE FROM machine_responsible WHERE machine_id = :machine_id
RETURNING user_id;

-- name: page_of_machines(machine_id, responsible_id, after_name, limit)
-- Machine users in the order of their folded names: all, one, or those that somebody answers for.
SELECT u.id, u.kind, u.name, u.role, u.password_hash, u.grant_kind, u.grant_scopes, u.version, u.created_at,
       u.disabled_at
  FROM users u
 WHERE u.kind = 'machine' AND u.name_folded > CAST(:after_name AS TEXT)
   AND (CAST(:machine_id AS TEXT) IS NULL OR u.id = CAST(:machine_id AS TEXT))
   AND (CAST(:responsible_id AS TEXT) IS NULL
        OR EXISTS (SELECT 1 FROM machine_responsible r
                    WHERE r.machine_id = u.id AND r.user_id = CAST(:responsible_id AS TEXT)))
 ORDER BY u.name_folded
 LIMIT :limit;

-- name: responsible_for(k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- The people who answer for up to 32 machine users.
SELECT r.machine_id, u.id, u.kind, u.name, u.role, u.password_hash, u.grant_kind, u.grant_scopes, u.version,
       u.created_at, u.disabled_at
  FROM machine_responsible r
  JOIN users u ON u.id = r.user_id
 WHERE r.machine_id IN
       (:k01, :k02, :k03, :k04, :k05, :k06, :k07, :k08, :k09, :k10, :k11, :k12, :k13, :k14, :k15, :k16, :k17,
        :k18, :k19, :k20, :k21, :k22, :k23, :k24, :k25, :k26, :k27, :k28, :k29, :k30, :k31, :k32)
 ORDER BY u.name_folded;
