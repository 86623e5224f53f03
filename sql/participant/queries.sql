-- A participant's statements. Every write asks sagad.same_transaction() first (once a statement:
-- it is a one-time filter): an action that ended the transaction must not get a row of ours
-- committed on its own.

-- name: WorkGuard
SELECT sagad.same_transaction($1::text);

-- name: WorkBegin
-- The first words of a transaction: what InboxFind says, and always the transaction's id
-- (remembered, and compared at its end: SQL of others that ends the transaction is found out).
SELECT i.saga_id, i.step, i.item, i.kind, i.round, i.outcome, i.output, i.code, i.message,
       i.in_doubt IS TRUE,
       CASE WHEN i.outcome = 'claimed' THEN
         greatest(0, ceil(extract(epoch FROM i.lease_until - clock_timestamp()) * 1000))::bigint
       END,
       pg_current_xact_id()
FROM (SELECT 1) AS one
LEFT JOIN sagad.inbox AS i
  ON i.saga_id = ANY ($1::uuid[]) AND i.step = ANY ($2::text[])
 AND i.item BETWEEN $3::integer AND $4::integer;

-- name: InboxFind
-- One index, no join: what comes too much is left out by the caller.
SELECT i.saga_id, i.step, i.item, i.kind, i.round, i.outcome, i.output, i.code, i.message,
       i.in_doubt IS TRUE,
       CASE WHEN i.outcome = 'claimed' THEN
         greatest(0, ceil(extract(epoch FROM i.lease_until - clock_timestamp()) * 1000))::bigint
       END
FROM sagad.inbox AS i
WHERE i.saga_id = ANY ($1::uuid[]) AND i.step = ANY ($2::text[])
  AND i.item BETWEEN $3::integer AND $4::integer;

-- name: InboxInsert
INSERT INTO sagad.inbox (saga_id, step, item, kind, round, outcome, output, code, message)
SELECT u.*
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::integer[], $6::text[],
            $7::json[], $8::text[], $9::text[]) AS u
WHERE sagad.same_transaction($10::text)
ON CONFLICT DO NOTHING
RETURNING saga_id, step, item, kind;

-- name: WorkWrite
-- InboxInsert, WorkOutboxInsert and WorkOutboxDelete in one round trip.
WITH outbox AS (
  INSERT INTO sagad.outbox (id, saga_id, sent_at, subject, payload)
  SELECT u.*
  FROM unnest($11::uuid[], $12::uuid[], $13::timestamptz[], $14::text[], $15::text[]) AS u
  WHERE sagad.same_transaction($10::text)
), confirmed AS (
  DELETE FROM sagad.outbox
  WHERE id = ANY ($16::uuid[]) AND sagad.same_transaction($10::text)
)
INSERT INTO sagad.inbox (saga_id, step, item, kind, round, outcome, output, code, message)
SELECT u.*
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::integer[], $6::text[],
            $7::json[], $8::text[], $9::text[]) AS u
WHERE sagad.same_transaction($10::text)
ON CONFLICT DO NOTHING
RETURNING saga_id, step, item, kind;

-- name: InboxReplace
UPDATE sagad.inbox AS i
SET round = u.round, outcome = u.outcome, output = u.output, code = u.code,
    message = u.message, recorded_at = now()
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::integer[], $6::text[],
            $7::json[], $8::text[], $9::text[])
  AS u(saga_id, step, item, kind, round, outcome, output, code, message)
WHERE i.saga_id = u.saga_id AND i.step = u.step AND i.item = u.item AND i.kind = u.kind
  AND i.round < u.round AND i.outcome IN ('failed', 'barred')
  AND sagad.same_transaction($10::text);

-- name: WorkOutboxInsert
INSERT INTO sagad.outbox (id, saga_id, sent_at, subject, payload)
SELECT u.*
FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[]) AS u
WHERE sagad.same_transaction($6::text);

-- name: WorkOutboxDelete
DELETE FROM sagad.outbox
WHERE id = ANY ($1::uuid[]) AND sagad.same_transaction($2::text);

-- name: ActionLock
SELECT pg_advisory_xact_lock(hashtextextended('sagad.action.' || $1::text, 0));

-- name: StartRecord
INSERT INTO sagad.poison_start (saga_id, step, item, kind, starts)
VALUES ($1::uuid, $2::text, $3::integer, $4::text, 1)
ON CONFLICT (saga_id, step, item, kind)
DO UPDATE SET starts = poison_start.starts + 1, started_at = now()
RETURNING starts;

-- name: StartMark
-- Those that have a row already, of a batch or of starts alone, are left as they are.
INSERT INTO sagad.poison_start (saga_id, step, item, kind, starts)
SELECT u.saga_id, u.step, u.item, u.kind, 0
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[]) AS u(saga_id, step, item, kind)
ON CONFLICT DO NOTHING
RETURNING saga_id, step, item, kind;

-- name: StartClear
DELETE FROM sagad.poison_start AS p
USING unnest($1::uuid[], $2::text[], $3::integer[], $4::text[]) AS u(saga_id, step, item, kind)
WHERE p.saga_id = u.saga_id AND p.step = u.step AND p.item = u.item AND p.kind = u.kind;

-- name: WorkStartClear
DELETE FROM sagad.poison_start AS p
USING unnest($1::uuid[], $2::text[], $3::integer[], $4::text[]) AS u(saga_id, step, item, kind)
WHERE p.saga_id = u.saga_id AND p.step = u.step AND p.item = u.item AND p.kind = u.kind
  AND sagad.same_transaction($5::text);

-- name: SessionSelf
SELECT a.pid, extract(epoch FROM a.backend_start)::text
FROM pg_stat_activity AS a
WHERE a.pid = pg_backend_pid();

-- name: SessionTerminate
-- No row: the session is gone, and its pid may be another's by now.
SELECT pg_terminate_backend(a.pid, $3::bigint)
FROM pg_stat_activity AS a
WHERE a.pid = $1::integer AND extract(epoch FROM a.backend_start)::text = $2::text;
