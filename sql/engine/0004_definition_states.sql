-- sagad: oldest=0.1.0
--
-- Who made a version of a definition active or retired it, when and why.

ALTER TABLE sagad.definition
  ADD COLUMN state_since  timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN state_by     text NOT NULL DEFAULT '',
  ADD COLUMN state_reason text NOT NULL DEFAULT '';
UPDATE sagad.definition SET state_since = added_at;

COMMENT ON COLUMN sagad.definition.state_since IS
  'Of several digests of one version that are retired, the one with the latest is made active '
  'again.';
COMMENT ON COLUMN sagad.definition.state_by IS
  'Who asked for the state, as they said; empty if a file brought it.';
COMMENT ON COLUMN sagad.definition.state_reason IS 'Why, as they said.';
