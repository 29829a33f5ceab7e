-- An owner's records are counted by their state without being read.
CREATE INDEX token_unset ON token (owner_id, expires_at) WHERE revoked_at IS NULL AND suspended_at IS NULL;
CREATE INDEX token_set_aside ON token (owner_id, revoked_at, expires_at)
 WHERE revoked_at IS NOT NULL OR suspended_at IS NOT NULL;
