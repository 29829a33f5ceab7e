-- Uses that clients report, kept apart from those that this service has seen itself.
ALTER TABLE token ADD COLUMN reported_at BIGINT;
ALTER TABLE token ADD COLUMN reported_ip TEXT;
ALTER TABLE token ADD COLUMN reported_user_agent TEXT;
ALTER TABLE token ADD COLUMN reported_by TEXT;      -- the client

-- The last few addresses that a token was used from, as this service has seen it.
CREATE TABLE token_address (
    token_id TEXT NOT NULL REFERENCES token (id) ON DELETE CASCADE,
    ip       TEXT NOT NULL,
    last_at  BIGINT NOT NULL,
    PRIMARY KEY (token_id, ip)
);
CREATE INDEX token_address_last ON token_address (last_at);

-- The last few refused uses of each token. The id is a hash of the rest: what is told twice stands here once.
CREATE TABLE refused_use (
    id          TEXT PRIMARY KEY,
    token_id    TEXT NOT NULL REFERENCES token (id) ON DELETE CASCADE,
    jti         TEXT NOT NULL,
    at          BIGINT NOT NULL,
    reason      TEXT NOT NULL,
    ip          TEXT,
    user_agent  TEXT,
    reported_by TEXT            -- NULL: seen by this service itself
);
CREATE INDEX refused_use_token ON refused_use (token_id, at);
CREATE INDEX refused_use_at ON refused_use (at);

-- When an API last demanded a scope of a token that it accepted.
CREATE TABLE demanded_scope (
    token_id TEXT NOT NULL REFERENCES token (id) ON DELETE CASCADE,
    scope    TEXT NOT NULL,
    last_at  BIGINT NOT NULL,
    PRIMARY KEY (token_id, scope)
);
CREATE INDEX demanded_scope_last ON demanded_scope (last_at);
