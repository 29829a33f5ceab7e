-- An exchanged access token hangs on the value that it was made from, and may be bound to addresses.
ALTER TABLE short_token ADD COLUMN parent_jti TEXT;
