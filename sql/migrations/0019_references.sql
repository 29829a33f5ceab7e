-- Short references: a name for a record, which introspection and gateways take in place of a signed value. A keyed
-- hash alone is stored. `kind` leaves room for foreign tokens that are taken over.
CREATE TABLE token_reference (
    reference_hash TEXT PRIMARY KEY,
    kind           TEXT NOT NULL,      -- short_reference
    token_id       TEXT NOT NULL REFERENCES token (id),
    jti            TEXT NOT NULL,      -- of the value that was made with it
    created_at     BIGINT NOT NULL,
    ends_at        BIGINT              -- when another one took its place, or will have; NULL: it ends with its record
);
CREATE INDEX token_reference_record ON token_reference (token_id);
CREATE INDEX token_reference_end ON token_reference (ends_at);

-- By what the owner tells the present one; NULL where the record has none.
ALTER TABLE token ADD COLUMN reference_hint TEXT;

-- A short token that was exchanged for a reference hangs on that.
ALTER TABLE short_token ADD COLUMN parent_reference TEXT;
