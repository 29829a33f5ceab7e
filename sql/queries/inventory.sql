-- name: page_of_inventory(owner_id, state1, state2, state3, state4, pattern, scope, created_before, unused_since, kid, after_created, after_id, limit)
-- One page of everybody's records, the newest first, each with its owner and the key of its current value.
SELECT t.id, t.owner_id, t.sequence, t.note, t.scopes, t.audiences, t.allowed_ips, t.metadata, t.not_before,
       t.expires_at, t.parent_id, t.parent_jti, t.jti, t.created_at, t.suspended_at, t.suspended_by,
       t.suspended_by_administrator, t.revoked_at, t.revoked_by, t.revoke_reason, t.last_used_at, t.last_used_ip,
       t.last_used_user_agent, t.reported_at, t.reported_ip, t.reported_user_agent, t.reported_by, t.reference_hint,
       (SELECT a.seen FROM token_addresses a WHERE a.token_id = t.id) AS seen_from,
       (SELECT p.suspended_at FROM token p WHERE p.id = t.parent_id) AS parent_suspended_at,
       u.name AS owner_name, u.kind AS owner_kind, v.kid
  FROM token t
  JOIN users u ON u.id = t.owner_id
  LEFT JOIN token_value v ON v.jti = t.jti
 WHERE (t.created_at, t.id) < (CAST(:after_created AS BIGINT), CAST(:after_id AS TEXT))
   AND (CAST(:owner_id AS TEXT) IS NULL OR t.owner_id = CAST(:owner_id AS TEXT))
   AND CASE WHEN t.revoked_at IS NOT NULL THEN 'revoked'
            WHEN t.expires_at <= (SELECT sc_now()) THEN 'expired'
            WHEN t.suspended_at IS NOT NULL
                 OR EXISTS (SELECT 1 FROM token p WHERE p.id = t.parent_id AND p.suspended_at IS NOT NULL)
                 THEN 'suspended'
            ELSE 'active'
       END IN (:state1, :state2, :state3, :state4)
   AND t.note_folded LIKE CAST(:pattern AS TEXT) ESCAPE '\'
   AND (CAST(:scope AS TEXT) IS NULL
        OR replace(' ' || t.scopes || ' ', ' ' || CAST(:scope AS TEXT) || ' ', '') <> ' ' || t.scopes || ' ')
   AND (CAST(:created_before AS BIGINT) IS NULL OR t.created_at < CAST(:created_before AS BIGINT))
   AND (CAST(:unused_since AS BIGINT) IS NULL
        OR coalesce(t.last_used_at, t.created_at) < CAST(:unused_since AS BIGINT))
   AND (CAST(:kid AS TEXT) IS NULL
        OR EXISTS (SELECT 1 FROM token_value s
                    WHERE s.token_id = t.id AND s.kid = CAST(:kid AS TEXT)
                      AND (s.revoked_at IS NULL OR s.jti = t.jti)))
 ORDER BY t.created_at DESC, t.id DESC
 LIMIT :limit;

-- name: inventory_item(id)^
-- One record with its owner and the key of its current value.
SELECT t.id, t.owner_id, t.sequence, t.note, t.scopes, t.audiences, t.allowed_ips, t.metadata, t.not_before,
       t.expires_at, t.parent_id, t.parent_jti, t.jti, t.created_at, t.suspended_at, t.suspended_by,
       t.suspended_by_administrator, t.revoked_at, t.revoked_by, t.revoke_reason, t.last_used_at, t.last_used_ip,
       t.last_used_user_agent, t.reported_at, t.reported_ip, t.reported_user_agent, t.reported_by, t.reference_hint,
       (SELECT a.seen FROM token_addresses a WHERE a.token_id = t.id) AS seen_from,
       (SELECT p.suspended_at FROM token p WHERE p.id = t.parent_id) AS parent_suspended_at,
       u.name AS owner_name, u.kind AS owner_kind, v.kid
  FROM token t
  JOIN users u ON u.id = t.owner_id
  LEFT JOIN token_value v ON v.jti = t.jti
 WHERE t.id = :id;

-- name: standing_of(ids)
-- Whose many records are, and when they were revoked; what is not there has no row.
WITH RECURSIVE
     line (n, ids) AS (
         SELECT 1, substr(CAST(:ids AS TEXT), 1, 1056)
         UNION ALL
         SELECT n + 1056, substr(CAST(:ids AS TEXT), n + 1056, 1056) FROM line WHERE n + 1056 < length(CAST(:ids AS TEXT))),
     key (n, id, ids) AS (
         SELECT 1, substr(ids, 1, 32), ids FROM line
         UNION ALL
         SELECT n + 33, substr(ids, n + 33, 32), ids FROM key WHERE n + 33 < length(ids))
SELECT id, owner_id, revoked_at
  FROM token
 WHERE id IN (SELECT id FROM key);
