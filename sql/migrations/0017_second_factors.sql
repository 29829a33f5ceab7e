-- What an account asks for beside the password. A TOTP's secret is sealed like a private key.
CREATE TABLE second_factor (
    id            TEXT PRIMARY KEY,
    user_id       TEXT NOT NULL REFERENCES users (id),
    kind          TEXT NOT NULL,       -- totp, passkey
    name          TEXT NOT NULL,
    sealed        TEXT,                -- the secret of a TOTP
    credential_id TEXT UNIQUE,         -- of a passkey, base64url
    public_key    TEXT,                -- of a passkey, COSE in base64url
    counter       BIGINT NOT NULL,     -- the last time step used, or the last signature count seen
    created_at    BIGINT NOT NULL,
    confirmed_at  BIGINT,              -- NULL until its first code was given: it is not asked for before
    last_used_at  BIGINT
);
CREATE INDEX second_factor_owner ON second_factor (user_id);

-- Ten at a time, each good once, by the hash of its 80 random bits.
CREATE TABLE recovery_code (
    user_id   TEXT NOT NULL REFERENCES users (id),
    code_hash TEXT NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);

-- Challenges that have been answered: none is taken twice while it lasts.
CREATE TABLE used_challenge (
    challenge_hash TEXT PRIMARY KEY,
    expires_at     BIGINT NOT NULL
);
CREATE INDEX used_challenge_end ON used_challenge (expires_at);

-- The last change to how an account is protected, shown in its other sessions until it is noted there.
CREATE TABLE account_notice (
    user_id    TEXT PRIMARY KEY REFERENCES users (id),
    action     TEXT NOT NULL,
    session_id TEXT NOT NULL,          -- that made the change; empty: none of the account's
    at         BIGINT NOT NULL
);
ALTER TABLE session ADD COLUMN noticed_at BIGINT NOT NULL DEFAULT 0;
