-- What a value carries where its record has come to carry something else: regenerated with other scopes, with an overlap.
ALTER TABLE token_value ADD COLUMN scopes TEXT;     -- NULL: what the record carries
