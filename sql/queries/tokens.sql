-- name: add_token(id, owner_id, sequence, note, note_folded, scopes, audiences, allowed_ips, metadata, not_before, expires_at, parent_id, parent_jti, jti, created_at, suspended_at, suspended_by, suspended_by_administrator, revoked_at, revoked_by, revoke_reason, last_used_at, last_used_ip, last_used_user_agent, reference_hint)*!
-- Store a record.
INSERT INTO token (id, owner_id, sequence, note, note_folded, scopes, audiences, allowed_ips, metadata, not_before,
                   expires_at, parent_id, parent_jti, jti, created_at, suspended_at, suspended_by,
                   suspended_by_administrator, revoked_at, revoked_by, revoke_reason, last_used_at, last_used_ip,
                   last_used_user_agent, reference_hint)
VALUES (:id, :owner_id, :sequence, :note, :note_folded, :scopes, :audiences, :allowed_ips, :metadata, :not_before,
        :expires_at, :parent_id, :parent_jti, :jti, :created_at, :suspended_at, :suspended_by,
        :suspended_by_administrator, :revoked_at, :revoked_by, :revoke_reason, :last_used_at, :last_used_ip,
        :last_used_user_agent, :reference_hint);

-- name: add_value(jti, token_id, token_hash, kid, list_id, idx, issued_at, not_before, expires_at, ends_at, revoked_at)*!
-- Store a value of a record.
INSERT INTO token_value (jti, token_id, token_hash, kid, list_id, idx, issued_at, not_before, expires_at, ends_at,
                         revoked_at)
VALUES (:jti, :token_id, :token_hash, :kid, :list_id, :idx, :issued_at, :not_before, :expires_at, :ends_at,
        :revoked_at);

-- name: token_by_id(id)^
-- One record.
SELECT id, owner_id, sequence, note, scopes, audiences, allowed_ips, metadata, not_before, expires_at, parent_id,
       parent_jti, jti, created_at, suspended_at, suspended_by, suspended_by_administrator, revoked_at, revoked_by,
       revoke_reason, last_used_at, last_used_ip, last_used_user_agent,
       reported_at, reported_ip, reported_user_agent, reported_by, reference_hint,
       (SELECT a.seen FROM token_addresses a WHERE a.token_id = token.id) AS seen_from,
       (SELECT p.suspended_at FROM token p WHERE p.id = token.parent_id) AS parent_suspended_at
  FROM token
 WHERE id = :id;

-- name: lock_token(id)^
-- Hold a record for this transaction and answer it as it is then.
UPDATE token SET created_at = created_at
 WHERE id = :id
RETURNING id, owner_id, sequence, note, scopes, audiences, allowed_ips, metadata, not_before, expires_at, parent_id,
          parent_jti, jti, created_at, suspended_at, suspended_by, suspended_by_administrator, revoked_at, revoked_by,
          revoke_reason, last_used_at, last_used_ip, last_used_user_agent,
          reported_at, reported_ip, reported_user_agent, reported_by, reference_hint,
          (SELECT a.seen FROM token_addresses a WHERE a.token_id = token.id) AS seen_from,
          (SELECT p.suspended_at FROM token p WHERE p.id = token.parent_id) AS parent_suspended_at;

-- name: change_token(id, note, note_folded, scopes, audiences, allowed_ips, metadata, not_before, expires_at, jti, suspended_at, suspended_by, suspended_by_administrator, revoked_at, revoked_by, revoke_reason, last_used_at, last_used_ip, last_used_user_agent, reference_hint)^
-- Write what may change of a record.
UPDATE token
   SET note = :note, note_folded = :note_folded, scopes = :scopes, audiences = :audiences, allowed_ips = :allowed_ips,
       metadata = :metadata, not_before = :not_before, expires_at = :expires_at, jti = :jti,
       suspended_at = :suspended_at, suspended_by = :suspended_by,
       suspended_by_administrator = :suspended_by_administrator, revoked_at = :revoked_at, revoked_by = :revoked_by,
       revoke_reason = :revoke_reason, last_used_at = :last_used_at, last_used_ip = :last_used_ip,
       last_used_user_agent = :last_used_user_agent, reference_hint = :reference_hint
 WHERE id = :id
RETURNING id;

-- name: page_of_tokens(owner_id, parent_id, state1, state2, state3, state4, pattern, scope, sort, never, direction, after_value, after_sequence, limit)
-- One page of an owner's records, each with the value it is sorted by. What is sorted is narrow: only the page's own
-- records are read whole.
SELECT t.id, t.owner_id, t.sequence, t.note, t.scopes, t.audiences, t.allowed_ips, t.metadata, t.not_before,
       t.expires_at, t.parent_id, t.parent_jti, t.jti, t.created_at, t.suspended_at, t.suspended_by,
       t.suspended_by_administrator, t.revoked_at, t.revoked_by, t.revoke_reason, t.last_used_at, t.last_used_ip,
       t.last_used_user_agent, t.reported_at, t.reported_ip, t.reported_user_agent, t.reported_by, t.reference_hint,
       (SELECT a.seen FROM token_addresses a WHERE a.token_id = t.id) AS seen_from,
       (SELECT p.suspended_at FROM token p WHERE p.id = t.parent_id) AS parent_suspended_at, o.sort_value
  FROM (SELECT s.id, s.sequence, s.sort_value
          FROM (SELECT c.id, c.sequence,
                       CASE CAST(:sort AS TEXT)
                            WHEN 'created' THEN c.created_at
                            WHEN 'expires' THEN coalesce(c.expires_at, CAST(:never AS BIGINT))
                            WHEN 'last_used' THEN CASE WHEN coalesce(c.reported_at, 0) > coalesce(c.last_used_at, 0)
                                                       THEN c.reported_at ELSE coalesce(c.last_used_at, 0) END
                       END AS sort_value
                  FROM token c
                 WHERE c.owner_id = :owner_id
                   AND (CAST(:parent_id AS TEXT) IS NULL OR c.parent_id = CAST(:parent_id AS TEXT))
                   AND CASE WHEN c.revoked_at IS NOT NULL THEN 'revoked'
                            WHEN c.expires_at <= (SELECT sc_now()) THEN 'expired'
                            WHEN c.suspended_at IS NOT NULL
                                 OR EXISTS (SELECT 1 FROM token p WHERE p.id = c.parent_id AND p.suspended_at IS NOT NULL)
                                 THEN 'suspended'
                            ELSE 'active'
                       END IN (:state1, :state2, :state3, :state4)
                   AND c.note_folded LIKE CAST(:pattern AS TEXT) ESCAPE '\'
                   AND (CAST(:scope AS TEXT) IS NULL
                        OR replace(' ' || c.scopes || ' ', ' ' || CAST(:scope AS TEXT) || ' ', '') <> ' ' || c.scopes || ' ')
               ) s
         WHERE CAST(:after_value AS BIGINT) IS NULL
            OR (s.sort_value * CAST(:direction AS BIGINT), s.sequence * CAST(:direction AS BIGINT))
             > (CAST(:after_value AS BIGINT) * CAST(:direction AS BIGINT),
                CAST(:after_sequence AS BIGINT) * CAST(:direction AS BIGINT))
         ORDER BY s.sort_value * CAST(:direction AS BIGINT), s.sequence * CAST(:direction AS BIGINT)
         LIMIT :limit) o
  JOIN token t ON t.id = o.id
 ORDER BY o.sort_value * CAST(:direction AS BIGINT), o.sequence * CAST(:direction AS BIGINT);

-- name: named_tokens(owner_id, parent_id, state1, state2, state3, state4, pattern, scope, direction, after_sequence, limit)
-- One page of an owner's records in the order of their folded names, behind the one with this sequence.
SELECT t.id, t.owner_id, t.sequence, t.note, t.scopes, t.audiences, t.allowed_ips, t.metadata, t.not_before,
       t.expires_at, t.parent_id, t.parent_jti, t.jti, t.created_at, t.suspended_at, t.suspended_by,
       t.suspended_by_administrator, t.revoked_at, t.revoked_by, t.revoke_reason, t.last_used_at, t.last_used_ip,
       t.last_used_user_agent, t.reported_at, t.reported_ip, t.reported_user_agent, t.reported_by, t.reference_hint,
       (SELECT a.seen FROM token_addresses a WHERE a.token_id = t.id) AS seen_from,
       (SELECT p.suspended_at FROM token p WHERE p.id = t.parent_id) AS parent_suspended_at, 0 AS sort_value
  FROM (SELECT c.id, c.sequence, c.note_folded
          FROM token c
         WHERE c.owner_id = :owner_id
           AND (CAST(:parent_id AS TEXT) IS NULL OR c.parent_id = CAST(:parent_id AS TEXT))
           AND CASE WHEN c.revoked_at IS NOT NULL THEN 'revoked'
                    WHEN c.expires_at <= (SELECT sc_now()) THEN 'expired'
                    WHEN c.suspended_at IS NOT NULL
                         OR EXISTS (SELECT 1 FROM token p WHERE p.id = c.parent_id AND p.suspended_at IS NOT NULL)
                         THEN 'suspended'
                    ELSE 'active'
               END IN (:state1, :state2, :state3, :state4)
           AND c.note_folded LIKE CAST(:pattern AS TEXT) ESCAPE '\'
           AND (CAST(:scope AS TEXT) IS NULL
                OR replace(' ' || c.scopes || ' ', ' ' || CAST(:scope AS TEXT) || ' ', '') <> ' ' || c.scopes || ' ')
           AND (CAST(:after_sequence AS BIGINT) IS NULL
                OR EXISTS (SELECT 1 FROM token l
                            WHERE l.owner_id = :owner_id AND l.sequence = CAST(:after_sequence AS BIGINT)
                              AND CASE WHEN CAST(:direction AS BIGINT) = 1
                                       THEN (c.note_folded, c.sequence) > (l.note_folded, l.sequence)
                                       ELSE (c.note_folded, c.sequence) < (l.note_folded, l.sequence) END))
         ORDER BY CASE WHEN CAST(:direction AS BIGINT) = 1 THEN c.note_folded END,
                  CASE WHEN CAST(:direction AS BIGINT) = -1 THEN c.note_folded END DESC,
                  c.sequence * CAST(:direction AS BIGINT)
         LIMIT :limit) o
  JOIN token t ON t.id = o.id
 ORDER BY CASE WHEN CAST(:direction AS BIGINT) = 1 THEN o.note_folded END,
          CASE WHEN CAST(:direction AS BIGINT) = -1 THEN o.note_folded END DESC,
          o.sequence * CAST(:direction AS BIGINT);

-- name: newest_tokens(owner_id, parent_id, state1, state2, state3, state4, pattern, scope, after_sequence, limit)
-- One page of an owner's records, the one made last first, without reading those before and behind it.
SELECT t.id, t.owner_id, t.sequence, t.note, t.scopes, t.audiences, t.allowed_ips, t.metadata, t.not_before,
       t.expires_at, t.parent_id, t.parent_jti, t.jti, t.created_at, t.suspended_at, t.suspended_by,
       t.suspended_by_administrator, t.revoked_at, t.revoked_by, t.revoke_reason, t.last_used_at, t.last_used_ip,
       t.last_used_user_agent, t.reported_at, t.reported_ip, t.reported_user_agent, t.reported_by, t.reference_hint,
       (SELECT a.seen FROM token_addresses a WHERE a.token_id = t.id) AS seen_from,
       (SELECT p.suspended_at FROM token p WHERE p.id = t.parent_id) AS parent_suspended_at, t.created_at AS sort_value
  FROM token t
 WHERE t.owner_id = :owner_id
   AND (CAST(:after_sequence AS BIGINT) IS NULL OR t.sequence < CAST(:after_sequence AS BIGINT))
   AND (CAST(:parent_id AS TEXT) IS NULL OR t.parent_id = CAST(:parent_id AS TEXT))
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
 ORDER BY t.sequence DESC
 LIMIT :limit;

-- name: summary_of_tokens(owner_id, now, soon)^
-- How many records of an owner there are, by what tells their states: each is counted by a range of an index, and no
-- record is read. `unset` are neither revoked nor paused, `aside` paused; `held` go on in themselves, but the one
-- that made them is paused.
SELECT (SELECT count(*) FROM token
         WHERE owner_id = :owner_id AND revoked_at IS NULL AND suspended_at IS NULL) AS unset,
       (SELECT count(*) FROM token
         WHERE owner_id = :owner_id AND revoked_at IS NULL AND suspended_at IS NULL
           AND expires_at <= CAST(:now AS BIGINT)) AS unset_expired,
       (SELECT count(*) FROM token
         WHERE owner_id = :owner_id AND revoked_at IS NULL AND suspended_at IS NULL
           AND expires_at > CAST(:now AS BIGINT) AND expires_at <= CAST(:soon AS BIGINT)) AS ending,
       (SELECT min(expires_at) FROM token
         WHERE owner_id = :owner_id AND revoked_at IS NULL AND suspended_at IS NULL
           AND expires_at > CAST(:now AS BIGINT) AND expires_at <= CAST(:soon AS BIGINT)) AS ends_next,
       (SELECT count(*) FROM token
         WHERE owner_id = :owner_id AND (revoked_at IS NOT NULL OR suspended_at IS NOT NULL)
           AND revoked_at IS NOT NULL) AS revoked,
       (SELECT count(*) FROM token
         WHERE owner_id = :owner_id AND (revoked_at IS NOT NULL OR suspended_at IS NOT NULL)
           AND revoked_at IS NULL) AS aside,
       (SELECT count(*) FROM token
         WHERE owner_id = :owner_id AND (revoked_at IS NOT NULL OR suspended_at IS NOT NULL)
           AND revoked_at IS NULL AND expires_at <= CAST(:now AS BIGINT)) AS aside_expired,
       (SELECT count(*) FROM token p
          JOIN token c ON c.parent_id = p.id AND c.revoked_at IS NULL AND c.suspended_at IS NULL
                      AND (c.expires_at IS NULL OR c.expires_at > CAST(:now AS BIGINT))
         WHERE p.owner_id = :owner_id AND (p.revoked_at IS NOT NULL OR p.suspended_at IS NOT NULL)
           AND p.revoked_at IS NULL) AS held;

-- name: live_values(token_id)
-- The values of a record that are not revoked, whose exp has not passed and whose key is not compromised, oldest first.
SELECT v.jti, v.token_id, v.token_hash, v.kid, v.list_id, v.idx, v.issued_at, v.not_before, v.expires_at, v.ends_at,
       v.revoked_at
  FROM token_value v
  JOIN signing_key k ON k.kid = v.kid AND k.state IN ('active', 'retired')
 WHERE v.token_id = :token_id AND v.revoked_at IS NULL AND v.expires_at > sc_now()
 ORDER BY v.issued_at, v.jti;

-- name: end_values_at(token_id, ends_at)
-- Let the values of a record that are not revoked end no later than a time.
UPDATE token_value SET ends_at = :ends_at
 WHERE token_id = :token_id AND revoked_at IS NULL AND ends_at > :ends_at
RETURNING jti;

-- name: count_live_tokens(owner_id)^
-- How many records of an owner are neither revoked nor expired.
SELECT count(*) AS tokens
  FROM token
 WHERE owner_id = :owner_id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > sc_now());

-- name: count_children(parent_id)^
-- How many records that a token made are neither revoked nor expired.
SELECT count(*) AS tokens
  FROM token
 WHERE parent_id = :parent_id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > sc_now());

-- name: count_tokens(since, k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, k12, k13, k14, k15, k16, k17, k18, k19, k20, k21, k22, k23, k24, k25, k26, k27, k28, k29, k30, k31, k32)
-- Of up to 32 owners, how many records are neither revoked nor expired, and how many were made since a time; no row
-- for an owner who never made one.
SELECT t.owner_id,
       sum(CASE WHEN t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > s.now) THEN 1 ELSE 0 END) AS live,
       sum(CASE WHEN t.created_at >= :since THEN 1 ELSE 0 END) AS lately
  FROM (SELECT sc_now() AS now) s
  JOIN token t ON t.owner_id IN
       (:k01, :k02, :k03, :k04, :k05, :k06, :k07, :k08, :k09, :k10, :k11, :k12, :k13, :k14, :k15, :k16, :k17,
        :k18, :k19, :k20, :k21, :k22, :k23, :k24, :k25, :k26, :k27, :k28, :k29, :k30, :k31, :k32)
 GROUP BY t.owner_id;
