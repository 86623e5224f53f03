-- The outbox of a database, which is the same in the engine's and in a participant's.

-- name: OutboxInsert
INSERT INTO sagad.outbox (id, saga_id, sent_at, subject, payload)
SELECT u.*
FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[]) AS u;

-- name: OutboxDelete
DELETE FROM sagad.outbox WHERE id = ANY ($1::uuid[]);

-- name: OutboxClaim
-- Young rows are left to whoever has just committed them; but nobody else publishes a start that
-- was written in SQL.
SELECT o.id, o.saga_id, o.subject, o.payload, sagad.to_micros(o.sent_at)
FROM sagad.outbox AS o
WHERE o.written_at < clock_timestamp() - $1::bigint * interval '1 millisecond'
   OR o.subject LIKE 'start.%'
ORDER BY o.id
LIMIT $2::bigint
FOR UPDATE SKIP LOCKED;

-- name: OutboxDepth
SELECT count(*),
       coalesce(greatest(
         (date_part('epoch', clock_timestamp() - min(o.written_at)) * 1000)::bigint, 0), 0)
FROM sagad.outbox AS o;
