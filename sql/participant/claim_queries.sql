-- The rows of external actions. Each statement waits for the row's lock and then judges the row as
-- it is: UPDATE looks at its condition again after the wait.

-- name: ClaimInsert
INSERT INTO sagad.inbox (saga_id, step, item, kind, round, outcome, lease, lease_until)
VALUES ($1::uuid, $2::text, $3::integer, $4::text, $5::integer, 'claimed', $6::uuid,
        clock_timestamp() + $7::bigint * interval '1 millisecond')
ON CONFLICT DO NOTHING;

-- name: ClaimTake
-- A lease that is still there was not given back: its run may have taken effect.
UPDATE sagad.inbox
SET outcome = 'claimed', round = $5::integer, lease = $6::uuid,
    lease_until = clock_timestamp() + $7::bigint * interval '1 millisecond',
    in_doubt = nullif(in_doubt IS TRUE OR lease IS NOT NULL, false),
    code = NULL, message = NULL, recorded_at = now()
WHERE saga_id = $1::uuid AND step = $2::text AND item = $3::integer AND kind = $4::text
  AND ((outcome = 'claimed' AND round <= $5::integer
        AND (lease IS NULL OR lease_until <= clock_timestamp()))
       OR (outcome IN ('failed', 'barred') AND round < $5::integer));

-- name: ClaimAnswer
UPDATE sagad.inbox
SET outcome = $5::text, output = nullif($6::text, '')::json, code = nullif($7::text, ''),
    message = nullif($8::text, ''), lease = NULL, lease_until = NULL, recorded_at = now(),
    in_doubt = CASE WHEN $5::text = 'failed' THEN in_doubt END
WHERE saga_id = $1::uuid AND step = $2::text AND item = $3::integer AND kind = $4::text
  AND outcome = 'claimed' AND lease = $9::uuid
RETURNING in_doubt IS TRUE;

-- name: ClaimRelease
UPDATE sagad.inbox
SET lease = NULL, lease_until = NULL,
    in_doubt = nullif(in_doubt IS TRUE OR $6::boolean, false)
WHERE saga_id = $1::uuid AND step = $2::text AND item = $3::integer AND kind = $4::text
  AND outcome = 'claimed' AND lease = $5::uuid;

-- name: ClaimSettle
UPDATE sagad.inbox
SET outcome = CASE WHEN in_doubt IS TRUE OR lease IS NOT NULL THEN 'failed' ELSE 'barred' END,
    code = CASE WHEN in_doubt IS TRUE OR lease IS NOT NULL THEN 'in_doubt' END,
    message = CASE WHEN in_doubt IS TRUE OR lease IS NOT NULL
              THEN 'an execution of it ended without an answer: it may have taken effect' END,
    in_doubt = nullif(in_doubt IS TRUE OR lease IS NOT NULL, false),
    round = greatest(round, $5::integer), lease = NULL, lease_until = NULL, recorded_at = now()
WHERE saga_id = $1::uuid AND step = $2::text AND item = $3::integer AND kind = $4::text
  AND outcome = 'claimed' AND (lease IS NULL OR lease_until <= clock_timestamp());

-- name: ClaimRenew
UPDATE sagad.inbox
SET lease_until = greatest(lease_until,
                           clock_timestamp() + $6::bigint * interval '1 millisecond')
WHERE saga_id = $1::uuid AND step = $2::text AND item = $3::integer AND kind = $4::text
  AND outcome = 'claimed' AND lease = $5::uuid;
