-- When the pushed forms of the status lists first had a revision. A form that had a revision had all below it.
CREATE TABLE publication (
    form     TEXT NOT NULL,         -- redis, stream
    revision BIGINT NOT NULL,
    at_ms    BIGINT NOT NULL,       -- POSIX milliseconds, by the clock of the process that published
    PRIMARY KEY (form, revision)
);
CREATE INDEX publication_at ON publication (at_ms);
