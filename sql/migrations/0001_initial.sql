-- Columns are TEXT and BIGINT only, ids are 32 lower-case hex digits, times are whole POSIX seconds:
-- what both engines store and compare alike.

-- Counters that order commits. Taking one by UPDATE locks it until the transaction ends.
-- 'index' counts the status list indexes ever handed out: n lies in the list at position n / capacity.
CREATE TABLE head (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO head (name, value) VALUES
    ('epoch', 1), ('key_set', 0), ('index', 0), ('revision', 0), ('catalogue', 0), ('client', 0), ('audit', 0);

CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    kind          TEXT NOT NULL,    -- person, machine
    name          TEXT NOT NULL,
    name_folded   TEXT NOT NULL UNIQUE,
    role          TEXT NOT NULL,    -- user, auditor, administrator
    password_hash TEXT,
    grant_kind    TEXT NOT NULL,    -- default (the catalogue's), all, listed
    grant_scopes  TEXT NOT NULL,
    version       BIGINT NOT NULL,  -- rises with each locking write: the portable row lock
    created_at    BIGINT NOT NULL,
    disabled_at   BIGINT
);

-- The secret of a one-time link: first administrator, invitation, forgotten password.
CREATE TABLE invitation (
    secret_hash TEXT PRIMARY KEY,
    purpose     TEXT NOT NULL,      -- first_administrator, invitation, password
    user_id     TEXT REFERENCES users (id),
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    used_at     BIGINT
);

CREATE TABLE session (
    id           TEXT PRIMARY KEY,
    secret_hash  TEXT NOT NULL UNIQUE,
    user_id      TEXT NOT NULL REFERENCES users (id),
    carrier      TEXT NOT NULL,     -- cookie, bearer
    created_at   BIGINT NOT NULL,
    confirmed_at BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ended_at     BIGINT
);
CREATE INDEX session_owner ON session (user_id);

CREATE TABLE client (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    audiences   TEXT NOT NULL,
    permissions TEXT NOT NULL,      -- introspect, revoke
    created_at  BIGINT NOT NULL,
    disabled_at BIGINT
);

-- One row per applied catalogue; the highest version holds.
CREATE TABLE catalogue (
    version    BIGINT PRIMARY KEY,
    document   TEXT NOT NULL,
    applied_at BIGINT NOT NULL,
    applied_by TEXT NOT NULL
);

CREATE TABLE signing_key (
    kid                  TEXT PRIMARY KEY,
    purpose              TEXT NOT NULL,
    algorithm            TEXT NOT NULL,
    state                TEXT NOT NULL,
    public_jwk           TEXT NOT NULL,
    sealed_private       TEXT,
    master_id            TEXT,
    bootstrap            BIGINT NOT NULL,
    created_at           BIGINT NOT NULL,
    published_at         BIGINT NOT NULL,
    activated_at         BIGINT,
    retired_at           BIGINT,
    private_destroyed_at BIGINT,
    removed_at           BIGINT,
    compromised_at       BIGINT
);
CREATE UNIQUE INDEX signing_key_one_active ON signing_key (purpose) WHERE state = 'active';

-- Symmetric keys (status list permutation, audit chain), sealed like private keys.
CREATE TABLE sealed_secret (
    name       TEXT PRIMARY KEY,
    sealed     TEXT NOT NULL,
    master_id  TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE status_list (
    id         TEXT PRIMARY KEY,
    position   BIGINT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    revision   BIGINT NOT NULL      -- of its last change; written only by who holds the head 'revision'
);

CREATE TABLE token (
    id            TEXT PRIMARY KEY,
    owner_id      TEXT NOT NULL REFERENCES users (id),
    sequence      BIGINT NOT NULL,  -- rises per owner: the order of creation within one second
    note          TEXT NOT NULL,
    note_folded   TEXT NOT NULL,
    scopes        TEXT NOT NULL,
    audiences     TEXT NOT NULL,
    allowed_ips   TEXT NOT NULL,
    metadata      TEXT,
    not_before    BIGINT,
    expires_at    BIGINT,           -- NULL: the grant never ends
    parent_id     TEXT REFERENCES token (id),
    parent_jti    TEXT,
    jti           TEXT NOT NULL,    -- of the current value
    created_at    BIGINT NOT NULL,
    suspended_at  BIGINT,
    suspended_by  TEXT,
    suspended_by_administrator BIGINT NOT NULL,
    revoked_at    BIGINT,
    revoked_by    TEXT,
    revoke_reason TEXT,
    last_used_at         BIGINT,
    last_used_ip         TEXT,
    last_used_user_agent TEXT,
    UNIQUE (owner_id, sequence)
);
CREATE INDEX token_parent ON token (parent_id);

CREATE TABLE token_value (
    jti        TEXT PRIMARY KEY,
    token_id   TEXT NOT NULL REFERENCES token (id),
    token_hash TEXT NOT NULL UNIQUE,
    kid        TEXT NOT NULL REFERENCES signing_key (kid),
    list_id    TEXT NOT NULL REFERENCES status_list (id),
    idx        BIGINT NOT NULL,
    issued_at  BIGINT NOT NULL,
    not_before BIGINT,
    expires_at BIGINT NOT NULL,     -- the exp claim
    ends_at    BIGINT NOT NULL,     -- when the service ends it: exp or earlier
    revoked_at BIGINT,
    UNIQUE (list_id, idx),
    CHECK (ends_at <= expires_at)
);
CREATE INDEX token_value_token ON token_value (token_id);
CREATE INDEX token_value_kid ON token_value (kid, expires_at) WHERE revoked_at IS NULL;
CREATE INDEX token_value_ended ON token_value (ends_at) WHERE revoked_at IS NULL AND ends_at < expires_at;

-- What the published lists are told, in the order of commits: the outbox.
CREATE TABLE status_change (
    revision   BIGINT NOT NULL,
    list_id    TEXT NOT NULL REFERENCES status_list (id),
    idx        BIGINT NOT NULL,
    status     BIGINT NOT NULL CHECK (status IN (0, 1, 2)),
    jti        TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (revision, list_id, idx)
);
CREATE INDEX status_change_jti ON status_change (jti);

-- The one signed token per (list, version, tick) that all replicas serve.
CREATE TABLE signed_status_list (
    list_id    TEXT PRIMARY KEY REFERENCES status_list (id),
    version    BIGINT NOT NULL,
    tick       BIGINT NOT NULL,
    token      TEXT NOT NULL,
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE audit (
    sequence BIGINT PRIMARY KEY,
    at       BIGINT NOT NULL,
    actor    TEXT NOT NULL,
    action   TEXT NOT NULL,
    subject  TEXT NOT NULL,
    detail   TEXT NOT NULL,         -- JSON, no secrets
    chain    TEXT NOT NULL          -- SHA-256 over the row and the chain before it
);
CREATE INDEX audit_subject ON audit (subject, sequence);
