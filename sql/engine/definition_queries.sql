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
SET state = 'retired'
WHERE name = $1::text AND version = $2::integer AND digest <> $3::text AND state = 'active';

-- name: DefinitionActivate
UPDATE sagad.definition SET state = 'active' WHERE digest = $1::text;

-- name: DefinitionInsert
INSERT INTO sagad.definition (name, version, digest, description, canonical, state)
VALUES ($1::text, $2::integer, $3::text, $4::text, $5::text, 'active');

-- name: DefinitionFind
SELECT d.canonical FROM sagad.definition AS d WHERE d.digest = $1::text;

-- name: DefinitionList
SELECT d.name, d.version, d.digest, d.description, d.canonical, d.state,
       sagad.to_micros(d.added_at)
FROM sagad.definition AS d
ORDER BY d.name, d.version, d.added_at;
