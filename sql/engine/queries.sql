-- The coordinator's statements. Arrays come in as parameters ($1::uuid[] …) and are taken apart
-- by unnest(), so that a batch costs one statement, however large it is.

-- name: TransactionStart
SELECT sagad.to_micros(now());

-- name: InstanceLock
SELECT i.id, i.definition, i.version, i.digest, i.key, i.status, i.paused_from, i.reason,
       i.error_code, i.error_message, i.input, i.output, sagad.to_micros(i.created_at),
       sagad.to_micros(i.updated_at), sagad.to_micros(i.deadline_at),
       sagad.to_micros(i.ended_at), i.sequence, i.steps, i.control,
       sagad.to_micros(now())
FROM sagad.saga_instance AS i
WHERE i.id = ANY ($1::uuid[])
ORDER BY i.id
FOR UPDATE;

-- name: OutputRead
SELECT o.saga_id, o.step, o.output
FROM sagad.step_output AS o
WHERE o.saga_id = ANY ($1::uuid[]) AND o.item = 0;

-- name: SignalRead
-- Only for instances whose state says that some are kept.
SELECT s.saga_id, s.id, s.name, s.key, s.payload, sagad.to_micros(s.received_at)
FROM sagad.signal AS s
WHERE s.saga_id = ANY ($1::uuid[]) AND s.step IS NULL
ORDER BY s.saga_id, s.number;

-- name: SignalKnown
SELECT u.place, s.payload
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])
  WITH ORDINALITY AS u(saga_id, id, name, key, place)
JOIN sagad.signal AS s
  ON s.saga_id = u.saga_id AND (s.id = u.id OR (s.name = u.name AND s.key = u.key));

-- name: SignalInsert
INSERT INTO sagad.signal (saga_id, id, received_at, step, name, key, payload)
SELECT u.*
FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::integer[], $5::text[], $6::text[],
            $7::json[]) AS u;

-- name: SignalTaken
UPDATE sagad.signal AS s
SET step = u.step
FROM unnest($1::uuid[], $2::uuid[], $3::integer[]) AS u(saga_id, id, step)
WHERE s.saga_id = u.saga_id AND s.id = u.id;

-- name: InstanceInsert
INSERT INTO sagad.saga_instance (
  id, definition, version, digest, key, input, created_at,
  status, paused_from, reason, error_code, error_message, output, updated_at, ended_at,
  unanswered_since, sequence, steps, deadline_at, control)
SELECT u.*
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::json[],
            $7::timestamptz[],
            $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::json[],
            $14::timestamptz[], $15::timestamptz[], $16::timestamptz[], $17::bigint[],
            $18::json[], $19::timestamptz[], $20::json[]) AS u
ON CONFLICT DO NOTHING
RETURNING id;

-- name: InstanceByKey
SELECT i.id, i.definition, i.key, i.input
FROM unnest($1::text[], $2::text[]) AS u(definition, key)
JOIN sagad.saga_instance AS i ON i.key = u.key AND i.definition = u.definition;

-- name: InstanceIdByKey
SELECT i.id, i.definition, i.key
FROM unnest($1::text[], $2::text[]) AS u(definition, key)
JOIN sagad.saga_instance AS i ON i.key = u.key AND i.definition = u.definition;

-- name: InstanceById
SELECT i.id, i.input
FROM sagad.saga_instance AS i
WHERE i.id = ANY ($1::uuid[]);

-- name: DecisionWrite
-- One round trip for what almost every transition writes. The parts touch different rows and none
-- reads what another wrote, so that their order does not matter. A part costs its tables and
-- indexes being opened also where it has no rows, so what is rare has statements of its own.
WITH history AS (
  INSERT INTO sagad.history (saga_id, sequence, at, events)
  SELECT u.* FROM unnest($15::uuid[], $16::bigint[], $17::timestamptz[], $18::json[]) AS u
), step_output AS (
  INSERT INTO sagad.step_output (saga_id, step, output)
  SELECT u.* FROM unnest($19::uuid[], $20::integer[], $21::json[]) AS u
  ON CONFLICT (saga_id, step, item) DO UPDATE SET output = excluded.output
), outbox AS (
  INSERT INTO sagad.outbox (id, saga_id, sent_at, subject, payload)
  SELECT u.*
  FROM unnest($22::uuid[], $23::uuid[], $24::timestamptz[], $25::text[], $26::text[]) AS u
), confirmed AS (
  DELETE FROM sagad.outbox WHERE id = ANY ($27::uuid[])
)
UPDATE sagad.saga_instance AS i
SET status = u.status, paused_from = u.paused_from, reason = u.reason,
    error_code = u.error_code, error_message = u.error_message, output = u.output,
    updated_at = u.updated_at, ended_at = u.ended_at,
    unanswered_since = u.unanswered_since, sequence = u.sequence, steps = u.steps,
    deadline_at = u.deadline_at, control = u.control
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::json[],
            $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::bigint[], $12::json[],
            $13::timestamptz[], $14::json[])
  AS u(id, status, paused_from, reason, error_code, error_message, output, updated_at, ended_at,
       unanswered_since, sequence, steps, deadline_at, control)
WHERE i.id = u.id;

-- name: StartWrite
-- The same for instances that were inserted in this transaction: their rows are written already.
WITH outbox AS (
  INSERT INTO sagad.outbox (id, saga_id, sent_at, subject, payload)
  SELECT u.*
  FROM unnest($5::uuid[], $6::uuid[], $7::timestamptz[], $8::text[], $9::text[]) AS u
), confirmed AS (
  DELETE FROM sagad.outbox WHERE id = ANY ($10::uuid[])
)
INSERT INTO sagad.history (saga_id, sequence, at, events)
SELECT u.* FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::json[]) AS u;

-- name: OutputWrite
-- Of a start that has an output already: a fan-out over an empty list.
INSERT INTO sagad.step_output (saga_id, step, output)
SELECT u.* FROM unnest($1::uuid[], $2::integer[], $3::json[]) AS u
ON CONFLICT (saga_id, step, item) DO UPDATE SET output = excluded.output;

-- name: TimerInsert
INSERT INTO sagad.timer (saga_id, step, kind, due_at, item)
SELECT u.*
FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::timestamptz[], $5::integer[]) AS u;

-- name: ItemRead
SELECT s.saga_id, s.step, s.item, s.state, o.output
FROM sagad.step_item AS s
LEFT JOIN sagad.step_output AS o
  ON o.saga_id = s.saga_id AND o.step = s.step AND o.item = s.item
WHERE s.saga_id = ANY ($1::uuid[]);

-- name: ItemWrite
-- Only for sagas that have fanned out; an item that was not started has no row.
WITH step_output AS (
  INSERT INTO sagad.step_output (saga_id, step, item, output)
  SELECT u.* FROM unnest($5::uuid[], $6::integer[], $7::integer[], $8::json[]) AS u
  ON CONFLICT (saga_id, step, item) DO UPDATE SET output = excluded.output
)
INSERT INTO sagad.step_item (saga_id, step, item, state)
SELECT u.* FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::json[]) AS u
ON CONFLICT (saga_id, step, item) DO UPDATE SET state = excluded.state;

-- name: TimerDue
SELECT t.id, t.saga_id, t.step, t.kind, sagad.to_micros(t.due_at), t.item
FROM sagad.timer AS t
WHERE t.due_at <= now()
ORDER BY t.due_at, t.id
LIMIT $1::bigint
FOR UPDATE SKIP LOCKED;

-- name: TimerDelete
DELETE FROM sagad.timer WHERE id = ANY ($1::bigint[]);

-- name: DeadlineDue
SELECT i.id
FROM sagad.saga_instance AS i
WHERE i.deadline_at <= now() AND i.status IN ('running', 'compensating')
ORDER BY i.deadline_at
LIMIT $1::bigint;

-- name: InstanceSilent
-- NOT IN and not NOT EXISTS: it is always one hashed pass over the outbox, whatever the planner
-- believes of a table that is empty most of the time. A paused saga sends nothing but what an
-- operator waits for.
SELECT i.id
FROM sagad.saga_instance AS i
WHERE i.status IN ('running', 'compensating', 'paused')
  AND (i.status <> 'paused' OR i.control -> 'pending' IS NOT NULL)
  AND i.id > $2::uuid
  AND sagad.to_micros(i.unanswered_since) < $1::bigint
  AND i.id NOT IN (SELECT o.saga_id FROM sagad.outbox AS o)
ORDER BY i.id
LIMIT $3::bigint;

-- name: AnswerSecret
-- As text: it is only a key.
SELECT encode(s.secret, 'hex') FROM sagad.answer_secret AS s;
