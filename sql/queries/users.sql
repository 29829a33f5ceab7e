-- name: add_user(id, kind, name, name_folded, role, password_hash, grant_kind, grant_scopes, created_at, disabled_at)^
-- Store an account; no row if its folded name is taken.
INSERT INTO users (id, kind, name, name_folded, role, password_hash, grant_kind, grant_scopes, version, created_at,
                   disabled_at)
VALUES (:id, :kind, :name, :name_folded, :role, :password_hash, :grant_kind, :grant_scopes, 0, :created_at,
        :disabled_at)
ON CONFLICT (name_folded) DO NOTHING
RETURNING id;

-- name: user_by_id(id)^
-- One account.
SELECT id, kind, name, role, password_hash, grant_kind, grant_scopes, version, created_at, disabled_at
  FROM users
 WHERE id = :id;

-- name: users_by_ids(k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- Up to 32 accounts.
SELECT id, kind, name, role, password_hash, grant_kind, grant_scopes, version, created_at, disabled_at
  FROM users
 WHERE id IN
       (:k01, :k02, :k03, :k04, :k05, :k06, :k07, :k08, :k09, :k10, :k11, :k12, :k13, :k14, :k15, :k16, :k17,
        :k18, :k19, :k20, :k21, :k22, :k23, :k24, :k25, :k26, :k27, :k28, :k29, :k30, :k31, :k32);

-- name: user_by_name(name_folded)^
-- One account by its folded name.
SELECT id, kind, name, role, password_hash, grant_kind, grant_scopes, version, created_at, disabled_at
  FROM users
 WHERE name_folded = :name_folded;

-- name: lock_user(id)^
-- Hold an account for this transaction and answer it as it is then.
UPDATE users SET version = version + 1
 WHERE id = :id
RETURNING id, kind, name, role, password_hash, grant_kind, grant_scopes, version, created_at, disabled_at;

-- name: hold_user(id)*!
-- Hold an account for this transaction.
UPDATE users SET version = version + 1 WHERE id = :id;

-- name: change_user(id, role, password_hash, grant_kind, grant_scopes, disabled_at)^
-- Write what may change of an account.
UPDATE users
   SET role = :role, password_hash = :password_hash, grant_kind = :grant_kind, grant_scopes = :grant_scopes,
       disabled_at = :disabled_at
 WHERE id = :id
RETURNING id;

-- name: any_administrator()^
-- An administrator, disabled or not.
SELECT id FROM users WHERE role = 'administrator' LIMIT 1;

-- name: count_other_administrators(id)^
-- How many enabled administrators there are beside one user.
SELECT count(*) AS administrators FROM users
 WHERE role = 'administrator' AND disabled_at IS NULL AND id <> :id;

-- name: page_of_people(pattern, role, after_name, limit)
-- People in the order of their folded names.
SELECT id, kind, name, role, password_hash, grant_kind, grant_scopes, version, created_at, disabled_at
  FROM users
 WHERE kind = 'person' AND name_folded > CAST(:after_name AS TEXT)
   AND name_folded LIKE CAST(:pattern AS TEXT) ESCAPE '\'
   AND (CAST(:role AS TEXT) IS NULL OR role = CAST(:role AS TEXT))
 ORDER BY name_folded
 LIMIT :limit;

-- name: renew_password_hash(id, old, new)^
-- Store another hash of the same password; no row if that was replaced meanwhile.
UPDATE users SET password_hash = :new WHERE id = :id AND password_hash = :old
RETURNING id;
