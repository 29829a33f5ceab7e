-- name: user_of_identity(issuer, subject)^
-- Whose identity it is.
SELECT user_id FROM identity WHERE issuer = :issuer AND subject = :subject;

-- name: add_identity(issuer, subject, user_id, linked_at)^
-- Note whose it is; no row if it is somebody's already.
INSERT INTO identity (issuer, subject, user_id, linked_at) VALUES (:issuer, :subject, :user_id, :linked_at)
ON CONFLICT (issuer, subject) DO NOTHING
RETURNING user_id;

-- name: identities_of(user_id)
-- Where a user can come from.
SELECT issuer, subject, linked_at FROM identity WHERE user_id = :user_id ORDER BY linked_at, issuer, subject;

-- name: person_of_identity(issuer, subject)^
-- The enabled user whose identity it is, with the time of this reading, and when they were last here.
SELECT sc_now() AS now, u.signed_in_at, u.id, u.kind, u.name, u.role, u.password_hash, u.grant_kind, u.grant_scopes,
       u.version, u.created_at, u.disabled_at
  FROM identity i
  JOIN users u ON u.id = i.user_id
 WHERE i.issuer = :issuer AND i.subject = :subject AND u.disabled_at IS NULL;

-- name: add_provider_session(session_id, issuer, subject, sid)^
-- Note who opened a session.
INSERT INTO provider_session (session_id, issuer, subject, sid) VALUES (:session_id, :issuer, :subject, :sid)
RETURNING session_id;

-- name: end_sessions_of_sid(issuer, sid, subject, now)
-- End what one session of a provider opened; of another subject's nothing.
UPDATE session SET ended_at = :now
 WHERE ended_at IS NULL
   AND id IN (SELECT session_id FROM provider_session
               WHERE issuer = :issuer AND sid = :sid
                 AND (CAST(:subject AS TEXT) IS NULL OR subject = CAST(:subject AS TEXT)))
RETURNING id, user_id;
