-- Reads for people. The columns of an instance are those of InstanceLock, in its order.

-- name: SagaGet
SELECT i.id, i.definition, i.version, i.digest, i.key, i.status, i.paused_from, i.reason,
       i.error_code, i.error_message, i.input, i.output, sagad.to_micros(i.created_at),
       sagad.to_micros(i.updated_at), sagad.to_micros(i.deadline_at),
       sagad.to_micros(i.ended_at), i.sequence, i.steps, i.control
FROM sagad.saga_instance AS i
WHERE i.id = $1::uuid;

-- name: SagaList
SELECT i.id, i.definition, i.version, i.digest, i.key, i.status, i.paused_from, i.reason,
       i.error_code, i.error_message, NULL, NULL, sagad.to_micros(i.created_at),
       sagad.to_micros(i.updated_at), sagad.to_micros(i.deadline_at),
       sagad.to_micros(i.ended_at), i.sequence, i.steps, i.control
FROM sagad.saga_instance AS i
WHERE ($1::text IS NULL OR i.status = $1::text)
  AND ($2::text IS NULL OR i.definition = $2::text)
  AND ($3::text IS NULL OR i.key = $3::text)
  AND ($4::uuid IS NULL OR i.id < $4::uuid)
ORDER BY i.id DESC
LIMIT $5::bigint;

-- name: SagaListLive
-- The same for a status that is not final: through the partial index, however many are finished.
SELECT i.id, i.definition, i.version, i.digest, i.key, i.status, i.paused_from, i.reason,
       i.error_code, i.error_message, NULL, NULL, sagad.to_micros(i.created_at),
       sagad.to_micros(i.updated_at), sagad.to_micros(i.deadline_at),
       sagad.to_micros(i.ended_at), i.sequence, i.steps, i.control
FROM sagad.saga_instance AS i
WHERE i.status IN ('running', 'compensating', 'paused')
  AND i.status = $1::text
  AND ($2::text IS NULL OR i.definition = $2::text)
  AND ($3::text IS NULL OR i.key = $3::text)
  AND ($4::uuid IS NULL OR i.id < $4::uuid)
ORDER BY i.id DESC
LIMIT $5::bigint;

-- name: SagaListByKey
-- The same for a key: through the unique index.
SELECT i.id, i.definition, i.version, i.digest, i.key, i.status, i.paused_from, i.reason,
       i.error_code, i.error_message, NULL, NULL, sagad.to_micros(i.created_at),
       sagad.to_micros(i.updated_at), sagad.to_micros(i.deadline_at),
       sagad.to_micros(i.ended_at), i.sequence, i.steps, i.control
FROM sagad.saga_instance AS i
WHERE i.key = $3::text
  AND ($1::text IS NULL OR i.status = $1::text)
  AND ($2::text IS NULL OR i.definition = $2::text)
  AND ($4::uuid IS NULL OR i.id < $4::uuid)
ORDER BY i.id DESC
LIMIT $5::bigint;

-- name: SagaSearch
-- The same for what is looked for more rarely, and costs a look at every saga on the way.
SELECT i.id, i.definition, i.version, i.digest, i.key, i.status, i.paused_from, i.reason,
       i.error_code, i.error_message, NULL, NULL, sagad.to_micros(i.created_at),
       sagad.to_micros(i.updated_at), sagad.to_micros(i.deadline_at),
       sagad.to_micros(i.ended_at), i.sequence, i.steps, i.control
FROM sagad.saga_instance AS i
WHERE true
  AND ($1::text IS NULL OR i.status = $1::text)
  AND ($2::text IS NULL OR i.definition = $2::text)
  AND ($3::text IS NULL OR i.key = $3::text)
  AND ($4::uuid IS NULL OR i.id < $4::uuid)
  AND ($6::text IS NULL OR i.reason = $6::text)
  AND ($7::bigint IS NULL OR i.created_at <= now() - $7::bigint * interval '1 millisecond')
  AND ($8::bigint IS NULL OR i.created_at > now() - $8::bigint * interval '1 millisecond')
  AND ($9::text IS NULL OR i.error_code = $9::text
       OR EXISTS (SELECT FROM json_array_elements(i.steps) AS s(step)
                  WHERE s.step -> 'error' ->> 'code' = $9::text))
  AND (NOT $10::boolean
       OR EXISTS (SELECT FROM json_array_elements(i.steps) AS s(step)
                  WHERE s.step ->> 'retry_at' IS NOT NULL AND s.step ->> 'status' <> 'waiting')
       OR EXISTS (SELECT FROM sagad.step_item AS f
                  WHERE f.saga_id = i.id AND f.state ->> 'retry_at' IS NOT NULL))
ORDER BY i.id DESC
LIMIT $5::bigint;

-- name: SagaSearchLive
-- The same through the partial index of what has not ended.
SELECT i.id, i.definition, i.version, i.digest, i.key, i.status, i.paused_from, i.reason,
       i.error_code, i.error_message, NULL, NULL, sagad.to_micros(i.created_at),
       sagad.to_micros(i.updated_at), sagad.to_micros(i.deadline_at),
       sagad.to_micros(i.ended_at), i.sequence, i.steps, i.control
FROM sagad.saga_instance AS i
WHERE i.status IN ('running', 'compensating', 'paused')
  AND ($1::text IS NULL OR i.status = $1::text)
  AND ($2::text IS NULL OR i.definition = $2::text)
  AND ($3::text IS NULL OR i.key = $3::text)
  AND ($4::uuid IS NULL OR i.id < $4::uuid)
  AND ($6::text IS NULL OR i.reason = $6::text)
  AND ($7::bigint IS NULL OR i.created_at <= now() - $7::bigint * interval '1 millisecond')
  AND ($8::bigint IS NULL OR i.created_at > now() - $8::bigint * interval '1 millisecond')
  AND ($9::text IS NULL OR i.error_code = $9::text
       OR EXISTS (SELECT FROM json_array_elements(i.steps) AS s(step)
                  WHERE s.step -> 'error' ->> 'code' = $9::text))
  AND (NOT $10::boolean
       OR EXISTS (SELECT FROM json_array_elements(i.steps) AS s(step)
                  WHERE s.step ->> 'retry_at' IS NOT NULL AND s.step ->> 'status' <> 'waiting')
       OR EXISTS (SELECT FROM sagad.step_item AS f
                  WHERE f.saga_id = i.id AND f.state ->> 'retry_at' IS NOT NULL))
ORDER BY i.id DESC
LIMIT $5::bigint;

-- name: SagaCountLive
SELECT i.definition, i.status, count(*)
FROM sagad.saga_instance AS i
WHERE i.status IN ('running', 'compensating', 'paused')
  AND ($1::text IS NULL OR i.status = $1::text)
  AND ($2::text IS NULL OR i.definition = $2::text)
  AND ($3::text IS NULL OR i.key = $3::text)
  AND ($4::uuid IS NULL OR i.id < $4::uuid)
  AND ($5::text IS NULL OR i.reason = $5::text)
  AND ($6::bigint IS NULL OR i.created_at <= now() - $6::bigint * interval '1 millisecond')
  AND ($7::bigint IS NULL OR i.created_at > now() - $7::bigint * interval '1 millisecond')
  AND ($8::text IS NULL OR i.error_code = $8::text
       OR EXISTS (SELECT FROM json_array_elements(i.steps) AS s(step)
                  WHERE s.step -> 'error' ->> 'code' = $8::text))
  AND (NOT $9::boolean
       OR EXISTS (SELECT FROM json_array_elements(i.steps) AS s(step)
                  WHERE s.step ->> 'retry_at' IS NOT NULL AND s.step ->> 'status' <> 'waiting')
       OR EXISTS (SELECT FROM sagad.step_item AS f
                  WHERE f.saga_id = i.id AND f.state ->> 'retry_at' IS NOT NULL))
  AND NOT EXISTS (
    SELECT FROM unnest($10::text[], $11::text[]) AS w(name, value)
    WHERE NOT EXISTS (SELECT FROM sagad.tag AS t
                      WHERE t.saga_id = i.id AND t.name = w.name AND t.value = w.value))
GROUP BY i.definition, i.status
ORDER BY i.definition, i.status;

-- name: SagaListByParent
-- The same for the children of a saga: $3 is what their keys begin with, and it ends with '/',
-- which is the character before '0'.
SELECT i.id, i.definition, i.version, i.digest, i.key, i.status, i.paused_from, i.reason,
       i.error_code, i.error_message, NULL, NULL, sagad.to_micros(i.created_at),
       sagad.to_micros(i.updated_at), sagad.to_micros(i.deadline_at),
       sagad.to_micros(i.ended_at), i.sequence, i.steps, i.control
FROM sagad.saga_instance AS i
WHERE i.key > $3::text AND i.key < rtrim($3::text, '/') || '0'
  AND ($1::text IS NULL OR i.status = $1::text)
  AND ($2::text IS NULL OR i.definition = $2::text)
  AND ($4::uuid IS NULL OR i.id < $4::uuid)
ORDER BY i.id DESC
LIMIT $5::bigint;

-- name: HistoryRead
SELECT h.sequence, sagad.to_micros(h.at), h.events
FROM sagad.history AS h
WHERE h.saga_id = $1::uuid
ORDER BY h.sequence;

-- name: LiveCounts
SELECT i.definition, i.status, count(*)
FROM sagad.saga_instance AS i
WHERE i.status IN ('running', 'compensating', 'paused')
GROUP BY i.definition, i.status
ORDER BY i.definition, i.status;

-- name: Ping
SELECT 1;
