-- name: owners_under_key(kid)
-- Whose records have values of a key that lived when it was compromised, or live now where it was not, the most first.
SELECT u.id, u.name, u.kind, count(DISTINCT v.token_id) AS tokens
  FROM signing_key k
  JOIN token_value v ON v.kid = k.kid
  JOIN token t ON t.id = v.token_id
  JOIN users u ON u.id = t.owner_id
 WHERE k.kid = :kid
   AND v.expires_at > coalesce(k.compromised_at, sc_now())
   AND (v.revoked_at IS NULL OR v.revoked_at >= k.compromised_at)
 GROUP BY u.id, u.name, u.kind
 ORDER BY count(DISTINCT v.token_id) DESC, u.name;

-- name: audiences_under_key(kid)
-- The same records by the list of audiences that they name.
SELECT t.audiences, count(DISTINCT v.token_id) AS tokens
  FROM signing_key k
  JOIN token_value v ON v.kid = k.kid
  JOIN token t ON t.id = v.token_id
 WHERE k.kid = :kid
   AND v.expires_at > coalesce(k.compromised_at, sc_now())
   AND (v.revoked_at IS NULL OR v.revoked_at >= k.compromised_at)
 GROUP BY t.audiences;
