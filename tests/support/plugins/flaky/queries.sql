-- name: RecordEffect
INSERT INTO tbl_flaky_effect (saga_id, step_id, kind, action, attempt, undoes)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id

-- name: RecordCall
INSERT INTO tbl_flaky_call (saga_id, step_id, kind, action, attempt)
VALUES ($1, $2, $3, $4, $5)

-- name: CountCalls
SELECT count(*) FROM tbl_flaky_call
WHERE saga_id = $1 AND step_id = $2 AND kind = $3 AND action = $4

-- name: SleepInSql
SELECT pg_sleep($1::bigint / 1000.0)

-- name: ViolateDeferred
INSERT INTO tbl_flaky_deferred (id, parent) VALUES (nextval('tbl_flaky_effect_id_seq'), -1)

-- name: RaiseSqlState
SELECT flaky_raise($1)

-- name: RecordToken
INSERT INTO tbl_flaky_token (saga_id, step_id, token) VALUES ($1, $2, $3)

-- name: ActOutside
INSERT INTO tbl_flaky_outside (idempotency_key, saga_id, step_id) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING

-- name: UndoOutside
UPDATE tbl_flaky_outside SET undone = true WHERE saga_id = $1 AND step_id = $2
