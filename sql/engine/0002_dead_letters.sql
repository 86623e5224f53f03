-- sagad: oldest=0.1.0
--
-- Dead letters are dealt with by a person, and one that arrives twice is stored once.
--
-- digest has a default, so that a daemon that does not know it yet can go on; what it stores is
-- only not recognised when it arrives again.

ALTER TABLE sagad.dead_letter
  ADD COLUMN digest         text COLLATE "C" NOT NULL DEFAULT gen_random_uuid()::text,
  ADD COLUMN last_at        timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN times          integer NOT NULL DEFAULT 1,
  ADD COLUMN state          text NOT NULL DEFAULT 'open',
  ADD COLUMN handled_at     timestamptz,
  ADD COLUMN handled_by     text,
  ADD COLUMN handled_reason text,
  ADD CONSTRAINT dead_letter_times_check CHECK (times >= 1),
  ADD CONSTRAINT dead_letter_state_check CHECK (state IN ('open', 'redriven', 'discarded')),
  ADD CONSTRAINT dead_letter_handled_check CHECK ((handled_at IS NULL) = (state = 'open'));
UPDATE sagad.dead_letter SET last_at = at;

CREATE UNIQUE INDEX dead_letter_digest_idx ON sagad.dead_letter (digest);
CREATE INDEX dead_letter_open_idx ON sagad.dead_letter (id) WHERE state = 'open';

COMMENT ON COLUMN sagad.dead_letter.reason IS
  'A code: poison, unreadable, unknown_saga, unpublishable and others; docs/messages.md has them.';
COMMENT ON COLUMN sagad.dead_letter.digest IS
  'SHA-256, in hexadecimal, of saga, participant, subject, reason and payload: what makes two '
  'letters one. A command or result says when it was sent, so that one sent again is another.';
COMMENT ON COLUMN sagad.dead_letter.last_at IS 'When it arrived last.';
COMMENT ON COLUMN sagad.dead_letter.times IS 'How often it arrived.';
COMMENT ON COLUMN sagad.dead_letter.state IS
  'open: a person has to look; redriven: sent again, through the coordinator (it is open again '
  'should it come back); discarded: nothing is to be done about it.';
COMMENT ON COLUMN sagad.dead_letter.handled_by IS 'Who redrove or discarded it, as they said.';
COMMENT ON COLUMN sagad.dead_letter.handled_reason IS 'Why, as they said.';
