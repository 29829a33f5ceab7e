-- name: add_session(id, secret_hash, user_id, carrier, created_at, confirmed_at, seen_at, expires_at, ended_at, opened_from, opened_with)^
-- Store a session by the hash of its secret.
INSERT INTO session (id, secret_hash, user_id, carrier, created_at, confirmed_at, seen_at, expires_at, ended_at,
                     opened_from, opened_with)
VALUES (:id, :secret_hash, :user_id, :carrier, :created_at, :confirmed_at, :seen_at, :expires_at, :ended_at,
        :opened_from, :opened_with)
RETURNING id;

-- name: live_sessions(k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- Of up to 32 sessions, by the hashes of their secrets, those that have neither ended nor expired, each with its user,
-- who is enabled, how many second factors there are, what the session was not told yet, and the time of this reading.
SELECT sc_now() AS now, s.id AS session_id, s.secret_hash, s.user_id, s.carrier, s.created_at AS opened_at, s.confirmed_at, s.seen_at,
       s.expires_at, s.ended_at, s.opened_from, s.opened_with,
       u.id, u.kind, u.name, u.role, u.password_hash, u.grant_kind, u.grant_scopes, u.version, u.created_at,
       u.disabled_at,
       (SELECT count(*) FROM second_factor f WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL) AS factors,
       n.action AS notice, n.at AS notice_at
  FROM session s
  JOIN users u ON u.id = s.user_id
  LEFT JOIN account_notice n ON n.user_id = s.user_id AND n.session_id <> s.id AND n.at > s.noticed_at
                            AND (n.at >= s.created_at OR n.session_id = '')
 WHERE s.secret_hash IN
       (:k01, :k02, :k03, :k04, :k05, :k06, :k07, :k08, :k09, :k10, :k11, :k12, :k13, :k14, :k15, :k16, :k17,
        :k18, :k19, :k20, :k21, :k22, :k23, :k24, :k25, :k26, :k27, :k28, :k29, :k30, :k31, :k32)
   AND s.ended_at IS NULL AND s.expires_at > sc_now() AND u.disabled_at IS NULL;

-- name: sessions_of_user(user_id)
-- The sessions of a user that have neither ended nor expired, the one used last first.
SELECT id AS session_id, secret_hash, user_id, carrier, created_at AS opened_at, confirmed_at, seen_at, expires_at,
       ended_at, opened_from, opened_with
  FROM session
 WHERE user_id = :user_id AND ended_at IS NULL AND expires_at > sc_now()
 ORDER BY seen_at DESC, id;

-- name: see_session(id, now)^
-- Note that a session was used; its last use never moves back.
UPDATE session SET seen_at = :now
 WHERE id = :id AND seen_at < :now
RETURNING id;

-- name: confirm_session(id, secret_hash, now)^
-- Note a confirmation and replace the secret.
UPDATE session SET secret_hash = :secret_hash, confirmed_at = :now
 WHERE id = :id AND ended_at IS NULL
RETURNING id;

-- name: end_session(id, now)^
-- End one session; its first end stays.
UPDATE session SET ended_at = :now
 WHERE id = :id AND ended_at IS NULL
RETURNING id;

-- name: end_sessions(user_id, now, but)
-- End all sessions of a user but one.
UPDATE session SET ended_at = :now
 WHERE user_id = :user_id AND ended_at IS NULL AND id <> coalesce(CAST(:but AS TEXT), '')
RETURNING id;

-- name: note_notice(id, now)^
-- This session has been told.
UPDATE session SET noticed_at = :now WHERE id = :id
RETURNING id;
