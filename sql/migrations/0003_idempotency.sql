-- What a request with an Idempotency-Key has made, so that its repeat makes nothing. Hashes alone are kept.
CREATE TABLE idempotency (
    key_hash   TEXT PRIMARY KEY,    -- over the caller and the key
    body_hash  TEXT NOT NULL,       -- over the call and its body
    token_id   TEXT NOT NULL REFERENCES token (id),
    expires_at BIGINT NOT NULL
);
CREATE INDEX idempotency_end ON idempotency (expires_at);

-- Values whose first accepted use ends the overlap with the value before them.
CREATE TABLE awaited_use (
    jti      TEXT PRIMARY KEY REFERENCES token_value (jti),
    token_id TEXT NOT NULL REFERENCES token (id),
    until    BIGINT NOT NULL        -- when the overlap is over by itself
);
