-- Who answers for a machine user: at least one person each.
CREATE TABLE machine_responsible (
    machine_id TEXT NOT NULL REFERENCES users (id),
    user_id    TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (machine_id, user_id)
);
CREATE INDEX machine_responsible_user ON machine_responsible (user_id);

-- The inventory lists everybody's records, the newest first.
CREATE INDEX token_created ON token (created_at, id);
