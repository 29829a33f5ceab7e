-- When the last value of a full list had expired: from then on the list is gone, its row stays.
ALTER TABLE status_list ADD COLUMN retired_at BIGINT;

-- When each version of a list was first signed, and until when a token of the version before it may be relied on.
CREATE TABLE status_list_version (
    list_id          TEXT NOT NULL REFERENCES status_list (id),
    version          BIGINT NOT NULL,
    signed_at        BIGINT NOT NULL,
    superseded_until BIGINT,
    PRIMARY KEY (list_id, version)
);
