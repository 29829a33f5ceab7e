-- name: keep_carried(token_id, scopes)
-- Note what the values of a record carry that go on while the record changes.
UPDATE token_value SET scopes = :scopes
 WHERE token_id = :token_id AND revoked_at IS NULL AND scopes IS NULL
RETURNING jti;

-- name: carried_by(owner_id)
-- The live values of an owner, each with what it carries.
SELECT t.id, t.owner_id, t.note, v.jti, coalesce(v.scopes, t.scopes) AS scopes,
       CASE WHEN v.jti = t.jti THEN 1 ELSE 0 END AS is_current
  FROM token t
  JOIN token_value v ON v.token_id = t.id
 WHERE t.owner_id = :owner_id AND t.revoked_at IS NULL AND v.revoked_at IS NULL AND v.ends_at > sc_now()
 ORDER BY t.created_at DESC, t.id, v.jti;
