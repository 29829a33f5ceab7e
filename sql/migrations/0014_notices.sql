-- Where somebody is written to, in which language, and whether they want to be reminded of ends that come near.
CREATE TABLE contact (
    user_id   TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    email     TEXT,                 -- NULL: nobody writes to them
    language  TEXT NOT NULL,        -- en, de
    reminders BIGINT NOT NULL       -- 0 or 1; what concerns safety is told either way
);

-- Where the operator's systems are told.
CREATE TABLE webhook (
    id                TEXT PRIMARY KEY,
    name              TEXT NOT NULL,
    name_folded       TEXT NOT NULL UNIQUE,
    url               TEXT NOT NULL,
    kinds             TEXT NOT NULL,    -- words; empty: all kinds
    sealed_secret     TEXT NOT NULL,
    old_sealed_secret TEXT,             -- signs beside the present one until old_secret_until
    old_secret_until  BIGINT,
    created_at        BIGINT NOT NULL,
    disabled_at       BIGINT            -- the receiver said that it is gone
);

-- What somebody is to be told, written in the transaction of what caused it. Several of one cause are one message.
CREATE TABLE notice (
    id         TEXT PRIMARY KEY,    -- the same for the same cause: told twice, it stands here once
    kind       TEXT NOT NULL,
    user_id    TEXT,                -- whom it concerns
    token_id   TEXT,
    detail     TEXT NOT NULL,       -- JSON, no secrets
    sealed     TEXT,                -- the secret of a one-time link, until it is mailed
    created_at BIGINT NOT NULL,
    expires_at BIGINT,              -- from here on it is not worth telling
    message_id TEXT                 -- NULL: its deliveries are not planned yet
);
CREATE INDEX notice_waiting ON notice (created_at, id) WHERE message_id IS NULL;
CREATE INDEX notice_message ON notice (message_id);
CREATE INDEX notice_created ON notice (created_at);
CREATE INDEX notice_token ON notice (token_id, created_at);

-- One message to one receiver. Whoever raises `attempts` has it until `due_at`, which is also when it is tried again.
CREATE TABLE delivery (
    id          TEXT PRIMARY KEY,
    message_id  TEXT NOT NULL,
    channel     TEXT NOT NULL,      -- mail, webhook
    target      TEXT NOT NULL,      -- a user, a webhook
    due_at      BIGINT NOT NULL,
    give_up_at  BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    fault       TEXT,               -- of the last attempt
    finished_at BIGINT,
    outcome     TEXT                -- delivered, given_up
);
CREATE INDEX delivery_due ON delivery (channel, due_at) WHERE finished_at IS NULL;
CREATE INDEX delivery_target ON delivery (target, due_at);
CREATE INDEX delivery_message ON delivery (message_id);

-- Of which end, and how many days before it, the owner of a token was told last.
CREATE TABLE reminded (
    token_id   TEXT PRIMARY KEY REFERENCES token (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL,
    days       BIGINT NOT NULL
);
CREATE INDEX token_ends ON token (expires_at) WHERE revoked_at IS NULL;

-- From which networks a token was used, as this service has seen it.
CREATE TABLE token_network (
    token_id TEXT NOT NULL REFERENCES token (id) ON DELETE CASCADE,
    network  TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,       -- to within a day
    told     BIGINT NOT NULL,       -- 1: its owner need not be told any more
    PRIMARY KEY (token_id, network)
);
CREATE INDEX token_network_untold ON token_network (first_at) WHERE told = 0;
CREATE INDEX token_network_last ON token_network (last_at);

-- Deliveries are planned by one process at a time.
INSERT INTO head (name, value) VALUES ('notices', 0);
