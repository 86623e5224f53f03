-- sagad: oldest=0.1.0
--
-- Answers that come later, and external actions, which run outside any transaction: they claim
-- their row before they run and answer in it after. Rows of transactional actions stay as they
-- were: the new columns are NULL in them and take no room.

ALTER TABLE sagad.inbox
  ADD COLUMN lease uuid,
  ADD COLUMN lease_until timestamptz,
  ADD COLUMN in_doubt boolean;

-- NOT VALID: the rows that are there passed the narrower check, so none has to be read again.
ALTER TABLE sagad.inbox
  DROP CONSTRAINT inbox_outcome_check,
  ADD CONSTRAINT inbox_outcome_check
    CHECK (outcome IN ('done', 'failed', 'barred', 'later', 'claimed')) NOT VALID;

COMMENT ON COLUMN sagad.inbox.outcome IS
  'done: took effect; failed: refused; barred: has not happened and never will in this round; '
  'later: took effect, the final answer is given to the engine; claimed: of an external action '
  'that has no answer yet.';
COMMENT ON COLUMN sagad.inbox.message IS 'Of failed; of later: what it waits for.';
COMMENT ON COLUMN sagad.inbox.lease IS
  'Of claimed: who runs it, only the holder may answer; NULL: nobody, after a retry.';
COMMENT ON COLUMN sagad.inbox.lease_until IS
  'When others may claim it, if its holder has not answered.';
COMMENT ON COLUMN sagad.inbox.in_doubt IS
  'True if an earlier run of it ended without an answer: it may have taken effect, so that even '
  'a refusal is undone.';

-- 0: it has begun in a batch that may not have come back; it is counted only when it runs alone.
ALTER TABLE sagad.poison_start
  DROP CONSTRAINT poison_start_starts_check,
  ADD CONSTRAINT poison_start_starts_check CHECK (starts >= 0);
COMMENT ON COLUMN sagad.poison_start.starts IS
  'How often it began alone; 0: so far only in a batch.';
