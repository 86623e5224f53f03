-- The record of what was applied to a database, of any line (engine, participant, a plugin).

-- name: MigrationLock
SELECT pg_advisory_lock(hashtextextended('sagad.migration', 0));

-- name: MigrationSchemaExists
SELECT to_regclass('sagad.migration') IS NOT NULL;

-- name: MigrationSchema
CREATE SCHEMA IF NOT EXISTS sagad;

-- name: MigrationTable
CREATE TABLE IF NOT EXISTS sagad.migration (
  applied_at timestamptz NOT NULL DEFAULT now(),
  version    integer NOT NULL,
  line       text COLLATE "C" NOT NULL,
  name       text NOT NULL,
  checksum   text NOT NULL,
  oldest     text NOT NULL,
  CONSTRAINT migration_pkey PRIMARY KEY (line, version),
  CONSTRAINT migration_version_check CHECK (version >= 1)
);

-- name: MigrationTableComment
COMMENT ON TABLE sagad.migration IS
  'The migrations that were applied, by line: engine, participant, or the name of a plugin.';

-- name: MigrationChecksumComment
COMMENT ON COLUMN sagad.migration.checksum IS
  'SHA-256 of the file, in hexadecimal: a file that was applied must not change.';

-- name: MigrationOldestComment
COMMENT ON COLUMN sagad.migration.oldest IS
  'The oldest release of sagad that can still run on it.';

-- name: MigrationApplied
SELECT m.version, m.name, m.checksum, m.oldest
FROM sagad.migration AS m
WHERE m.line = $1::text
ORDER BY m.version;

-- name: MigrationHasLine
SELECT EXISTS (SELECT FROM sagad.migration AS m WHERE m.line = $1::text);

-- name: MigrationInsert
INSERT INTO sagad.migration (line, version, name, checksum, oldest)
VALUES ($1::text, $2::integer, $3::text, $4::text, $5::text);

-- name: TransactionId
-- Remembered at the start of a transaction and compared at its end: SQL of others that ends the
-- transaction is found out.
SELECT pg_current_xact_id();
