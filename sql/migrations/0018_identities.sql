-- Who somebody is at an issuer that is not ours: by its name and the subject there alone, never by an address (R54).
CREATE TABLE identity (
    issuer    TEXT NOT NULL,
    subject   TEXT NOT NULL,
    user_id   TEXT NOT NULL REFERENCES users (id),
    linked_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identity_user ON identity (user_id);

-- Sessions that a provider opened, so that it can end them.
CREATE TABLE provider_session (
    session_id TEXT PRIMARY KEY REFERENCES session (id),
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    sid        TEXT                 -- the provider's own name for its session
);
CREATE INDEX provider_session_sid ON provider_session (issuer, sid);

-- When somebody was last here; NULL is not since their account was made.
ALTER TABLE users ADD COLUMN signed_in_at BIGINT;
UPDATE users SET signed_in_at = (SELECT max(s.created_at) FROM session s WHERE s.user_id = users.id);
CREATE INDEX users_signed_in ON users (signed_in_at);
