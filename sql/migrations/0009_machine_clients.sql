-- A client may act as a machine user at the token endpoint, change its secret with an overlap, or prove itself by keys.
ALTER TABLE client ADD COLUMN machine_id TEXT REFERENCES users (id);
ALTER TABLE client ADD COLUMN old_secret_hash TEXT;
ALTER TABLE client ADD COLUMN old_secret_until BIGINT;
ALTER TABLE client ADD COLUMN jwks TEXT;

-- Access tokens that live too briefly for a place in a status list. What was signed is recorded, never the JWT.
CREATE TABLE short_token (
    jti        TEXT PRIMARY KEY,
    owner_id   TEXT NOT NULL REFERENCES users (id),
    client_id  TEXT NOT NULL REFERENCES client (id),
    kid        TEXT NOT NULL REFERENCES signing_key (kid),
    scopes     TEXT NOT NULL,
    audiences  TEXT NOT NULL,
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX short_token_owner ON short_token (owner_id);
CREATE INDEX short_token_end ON short_token (expires_at);

-- Client assertions that have been used: none is taken twice while it lasts.
CREATE TABLE used_assertion (
    assertion_hash TEXT PRIMARY KEY,   -- over the client and its jti
    expires_at     BIGINT NOT NULL
);
CREATE INDEX used_assertion_end ON used_assertion (expires_at);
