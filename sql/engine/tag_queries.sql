-- Tags. The columns of an instance are those of InstanceLock, in its order.

-- name: TagInsert
INSERT INTO sagad.tag (saga_id, name, value)
SELECT u.* FROM unnest($1::uuid[], $2::text[], $3::text[]) AS u;

-- name: TagRead
SELECT t.saga_id, t.name, t.value FROM sagad.tag AS t WHERE t.saga_id = ANY ($1::uuid[]);

-- name: SagaListByTag
-- SagaList for those that have all of the tags: through the index of the first one.
SELECT i.id, i.definition, i.version, i.digest, i.key, i.status, i.paused_from, i.reason,
       i.error_code, i.error_message, NULL, NULL, sagad.to_micros(i.created_at),
       sagad.to_micros(i.updated_at), sagad.to_micros(i.deadline_at),
       sagad.to_micros(i.ended_at), i.sequence, i.steps, i.control
FROM sagad.tag AS t
JOIN sagad.saga_instance AS i ON i.id = t.saga_id
WHERE t.name = ($6::text[])[1] AND t.value = ($7::text[])[1]
  AND ($1::text IS NULL OR i.status = $1::text)
  AND ($2::text IS NULL OR i.definition = $2::text)
  AND ($3::text IS NULL OR i.key = $3::text)
  AND ($4::uuid IS NULL OR t.saga_id < $4::uuid)
  AND NOT EXISTS (
    SELECT FROM unnest($6::text[], $7::text[]) AS w(name, value)
    WHERE NOT EXISTS (SELECT FROM sagad.tag AS o
                      WHERE o.saga_id = t.saga_id AND o.name = w.name AND o.value = w.value))
  AND ($8::text IS NULL OR i.reason = $8::text)
  AND ($9::bigint IS NULL OR i.created_at <= now() - $9::bigint * interval '1 millisecond')
  AND ($10::bigint IS NULL OR i.created_at > now() - $10::bigint * interval '1 millisecond')
  AND ($11::text IS NULL OR i.error_code = $11::text
       OR EXISTS (SELECT FROM json_array_elements(i.steps) AS s(step)
                  WHERE s.step -> 'error' ->> 'code' = $11::text))
  AND (NOT $12::boolean
       OR EXISTS (SELECT FROM json_array_elements(i.steps) AS s(step)
                  WHERE s.step ->> 'retry_at' IS NOT NULL AND s.step ->> 'status' <> 'waiting')
       OR EXISTS (SELECT FROM sagad.step_item AS f
                  WHERE f.saga_id = i.id AND f.state ->> 'retry_at' IS NOT NULL))
  AND (NOT $13::boolean OR i.status IN ('running', 'compensating', 'paused'))
ORDER BY t.saga_id DESC
LIMIT $5::bigint;
