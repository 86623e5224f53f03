-- The definitions in the engine's database.

-- name: DefinitionLock
-- Two daemons that start at once take turns.
SELECT pg_advisory_xact_lock(hashtextextended('sagad.definition', 0));

-- name: DefinitionOf
SELECT d.digest, d.state = 'active'
FROM sagad.definition AS d
WHERE d.name = $1::text AND d.version = $2::integer;

-- name: DefinitionRetire
UPDATE sagad.definition
SET state = 'retired', state_since = clock_timestamp(), state_by = '', state_reason = ''
WHERE name = $1::text AND version = $2::integer AND digest <> $3::text AND state = 'active';

-- name: DefinitionActivate
UPDATE sagad.definition
SET state = 'active', state_since = clock_timestamp(), state_by = '', state_reason = ''
WHERE digest = $1::text;

-- name: DefinitionInsert
INSERT INTO sagad.definition (name, version, digest, description, canonical, state)
VALUES ($1::text, $2::integer, $3::text, $4::text, $5::text, 'active');

-- name: DefinitionFind
SELECT d.canonical FROM sagad.definition AS d WHERE d.digest = $1::text;

-- name: DefinitionList
SELECT d.name, d.version, d.digest, d.description, d.canonical, d.state,
       sagad.to_micros(d.added_at), sagad.to_micros(d.state_since), d.state_by, d.state_reason
FROM sagad.definition AS d
ORDER BY d.name, d.version, d.added_at;

-- name: DefinitionVersion
-- The digests of a version; the first is the one that is active, or was last.
SELECT d.digest, d.state = 'active'
FROM sagad.definition AS d
WHERE d.name = $1::text AND d.version = $2::integer
ORDER BY d.state = 'active' DESC, d.state_since DESC, d.added_at DESC;

-- name: DefinitionSetState
UPDATE sagad.definition
SET state = $2::text, state_since = clock_timestamp(), state_by = $3::text,
    state_reason = $4::text
WHERE digest = $1::text;

-- name: DefinitionLive
-- How many sagas have not ended, by digest: through the partial index of those.
SELECT i.digest, count(*)
FROM sagad.saga_instance AS i
WHERE i.status IN ('running', 'compensating', 'paused')
GROUP BY i.digest;

-- name: DefinitionStamp
-- Changes with every digest that is added and every state that changes. Not the latest time of a
-- change, which is not in the order of the commits.
SELECT coalesce(md5(string_agg(d.digest || d.state, ',' ORDER BY d.digest)), '')
FROM sagad.definition AS d;
