-- Dead letters: stored by the coordinator, dealt with by people.

-- name: DeadLetterInsert
-- One that was redriven and comes back is open again; one that was discarded stays so.
INSERT INTO sagad.dead_letter AS d
  (digest, times, saga_id, participant, subject, reason, message, payload)
SELECT u.*
FROM unnest($1::text[], $2::integer[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[]) AS u
ON CONFLICT (digest) DO UPDATE
SET times = d.times + excluded.times,
    last_at = now(),
    message = excluded.message,
    state = CASE WHEN d.state = 'redriven' THEN 'open' ELSE d.state END,
    handled_at = CASE WHEN d.state <> 'redriven' THEN d.handled_at END,
    handled_by = CASE WHEN d.state <> 'redriven' THEN d.handled_by END,
    handled_reason = CASE WHEN d.state <> 'redriven' THEN d.handled_reason END;

-- name: DeadLetterList
SELECT d.id, sagad.to_micros(d.at), sagad.to_micros(d.last_at), d.times, d.state, d.saga_id,
       d.participant, d.subject, d.reason, d.message, '', sagad.to_micros(d.handled_at),
       d.handled_by, d.handled_reason
FROM sagad.dead_letter AS d
WHERE ($1::text IS NULL OR d.state = $1::text)
  AND ($2::text IS NULL OR d.participant = $2::text)
  AND ($3::text IS NULL OR d.reason = $3::text)
  AND ($4::uuid IS NULL OR d.saga_id = $4::uuid)
  AND ($5::bigint IS NULL OR d.id < $5::bigint)
ORDER BY d.id DESC
LIMIT $6::bigint;

-- name: DeadLetterListOpen
-- The same for those that are open: through the partial index, however many were dealt with.
SELECT d.id, sagad.to_micros(d.at), sagad.to_micros(d.last_at), d.times, d.state, d.saga_id,
       d.participant, d.subject, d.reason, d.message, '', sagad.to_micros(d.handled_at),
       d.handled_by, d.handled_reason
FROM sagad.dead_letter AS d
WHERE d.state = 'open'
  AND d.state = $1::text
  AND ($2::text IS NULL OR d.participant = $2::text)
  AND ($3::text IS NULL OR d.reason = $3::text)
  AND ($4::uuid IS NULL OR d.saga_id = $4::uuid)
  AND ($5::bigint IS NULL OR d.id < $5::bigint)
ORDER BY d.id DESC
LIMIT $6::bigint;

-- name: DeadLetterGet
SELECT d.id, sagad.to_micros(d.at), sagad.to_micros(d.last_at), d.times, d.state, d.saga_id,
       d.participant, d.subject, d.reason, d.message, d.payload, sagad.to_micros(d.handled_at),
       d.handled_by, d.handled_reason
FROM sagad.dead_letter AS d
WHERE d.id = $1::bigint;

-- name: DeadLetterOldest
SELECT d.id
FROM sagad.dead_letter AS d
WHERE d.state = 'open'
  AND ($1::text IS NULL OR d.participant = $1::text)
  AND ($2::text IS NULL OR d.reason = $2::text)
  AND ($3::uuid IS NULL OR d.saga_id = $3::uuid)
ORDER BY d.id
LIMIT $4::bigint;

-- name: DeadLetterCount
SELECT count(*)
FROM sagad.dead_letter AS d
WHERE d.state = 'open'
  AND ($1::text IS NULL OR d.participant = $1::text)
  AND ($2::text IS NULL OR d.reason = $2::text)
  AND ($3::uuid IS NULL OR d.saga_id = $3::uuid);

-- name: DeadLetterHandle
UPDATE sagad.dead_letter AS d
SET state = $2::text, handled_at = now(), handled_by = $3::text, handled_reason = $4::text
WHERE d.id = $1::bigint AND d.state = 'open'
RETURNING d.id;
