-- Failed sign-ins, so that all replicas count together and a restart forgets nothing. A bucket is 'account:', 'address:'
-- or 'pair:' and a hash: what was typed as a name may have been a password. Locks are taken in the order of buckets.
CREATE TABLE sign_in_count (
    bucket    TEXT PRIMARY KEY,
    failures  BIGINT NOT NULL,
    since     BIGINT NOT NULL,     -- the first of these failures
    last_at   BIGINT NOT NULL,
    forget_at BIGINT NOT NULL      -- from here on the row counts as absent
);
CREATE INDEX sign_in_count_forgotten ON sign_in_count (forget_at);

-- Where an account has signed in from: the hash of a network, or of the cookie of a device.
CREATE TABLE known_origin (
    user_id   TEXT NOT NULL REFERENCES users (id),
    origin    TEXT NOT NULL,
    forget_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, origin)
);
CREATE INDEX known_origin_forgotten ON known_origin (forget_at);
