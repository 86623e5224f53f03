-- sagad: oldest=0.1.0
--
-- Signals: what is sent to a saga from outside, for a step that waits for it.

CREATE TABLE sagad.signal (
  saga_id     uuid NOT NULL,
  number      bigint GENERATED ALWAYS AS IDENTITY,
  id          uuid NOT NULL,
  received_at timestamptz NOT NULL,
  step        integer,
  name        text COLLATE "C" NOT NULL,
  key         text COLLATE "C",
  payload     json NOT NULL,
  CONSTRAINT signal_pkey PRIMARY KEY (saga_id, number),
  CONSTRAINT signal_step_check CHECK (step >= 0),
  CONSTRAINT signal_key_check CHECK (char_length(key) BETWEEN 1 AND 500)
);
CREATE UNIQUE INDEX signal_key_idx ON sagad.signal (saga_id, name, key) WHERE key IS NOT NULL;
COMMENT ON TABLE sagad.signal IS
  'A signal that was sent to a saga. Written and taken in the transaction that decides what '
  'follows from it, with its saga locked; it lives as long as its saga.';
COMMENT ON COLUMN sagad.signal.number IS
  'The order in which the signals of a saga came: numbers are drawn while the saga is locked.';
COMMENT ON COLUMN sagad.signal.step IS
  'Index of the step that took it; null while it is kept for the first step that waits for it.';
COMMENT ON COLUMN sagad.signal.key IS
  'The sender''s idempotency key: the same name and key is the same signal.';
