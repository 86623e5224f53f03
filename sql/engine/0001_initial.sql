-- sagad: oldest=0.1.0
--
-- The engine's database: what the coordinator knows. Explained in docs/schema.md.
-- The schema itself and sagad.migration are there already: `sagad migrate` makes them.
--
-- Text in an index has COLLATE "C": bytes are compared faster than by a language's rules, and
-- an upgrade of the system's collations cannot break the index.

-- Times travel as microseconds since 1970, because that is exact in JSON and in C++.
-- date_part() is a double: exact to the microsecond until the year 2106.
CREATE FUNCTION sagad.to_micros(at timestamptz) RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN (date_part('epoch', at) * 1000000)::bigint;
COMMENT ON FUNCTION sagad.to_micros(timestamptz) IS
  'Microseconds since 1970-01-01T00:00:00Z.';

-- RFC 9562, section 5.7: 48 bits of milliseconds, then random bits. Those of version 4 are
-- taken, the first 48 are overlaid, and the two bits that turn version 4 into 7 are set.
CREATE FUNCTION sagad.uuid_v7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN encode(
  set_bit(set_bit(
    overlay(uuid_send(gen_random_uuid()) PLACING
            substring(int8send((date_part('epoch', clock_timestamp()) * 1000)::bigint) FROM 3)
            FROM 1 FOR 6),
    52, 1), 53, 1), 'hex')::uuid;
COMMENT ON FUNCTION sagad.uuid_v7() IS
  'A new UUID of version 7: it sorts by the time of its making.';

CREATE TABLE sagad.definition (
  added_at    timestamptz NOT NULL DEFAULT now(),
  version     integer NOT NULL,
  name        text COLLATE "C" NOT NULL,
  state       text NOT NULL,
  digest      text COLLATE "C" NOT NULL,
  description text NOT NULL,
  canonical   text NOT NULL,
  CONSTRAINT definition_pkey PRIMARY KEY (digest),
  CONSTRAINT definition_version_check CHECK (version >= 1),
  CONSTRAINT definition_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
  CONSTRAINT definition_state_check CHECK (state IN ('active', 'retired')),
  CONSTRAINT definition_digest_check CHECK (digest ~ '^[0-9a-f]{64}$')
);
CREATE UNIQUE INDEX definition_active_idx ON sagad.definition (name, version)
  WHERE state = 'active';
COMMENT ON TABLE sagad.definition IS
  'Every definition that a saga was ever started with. Rows are never changed but in their state.';
COMMENT ON COLUMN sagad.definition.state IS
  'active: new starts may take it; retired: only the sagas that have it go on with it.';
COMMENT ON COLUMN sagad.definition.digest IS
  'SHA-256 of canonical, in hexadecimal; sagas are pinned to it.';
COMMENT ON COLUMN sagad.definition.canonical IS
  'Canonical JSON of the keys that the file sets, without description.';

-- Columns that never change come first, those that every transition changes come after them, and
-- PostgreSQL logs of an update in the same page only the bytes between the first and the last
-- that differ. fillfactor leaves room in the page for one new version of each row, because the
-- sagas of a batch lie side by side and change in the same transaction, and a row grows a little.
-- Measured over two transitions: at 40 all updates are HOT and a row takes 1,024 bytes; at 50,
-- 85 % and 1,171 bytes; at 30 all and 1,366 bytes.
CREATE TABLE sagad.saga_instance (
  id               uuid NOT NULL,
  created_at       timestamptz NOT NULL,
  deadline_at      timestamptz,
  version          integer NOT NULL,
  definition       text COLLATE "C" NOT NULL,
  digest           text NOT NULL,
  key              text COLLATE "C",
  input            json NOT NULL,
  status           text NOT NULL,
  sequence         bigint NOT NULL,
  updated_at       timestamptz NOT NULL,
  unanswered_since timestamptz,
  ended_at         timestamptz,
  paused_from      text,
  reason           text,
  error_code       text,
  error_message    text,
  output           json,
  steps            json NOT NULL,
  CONSTRAINT saga_instance_pkey PRIMARY KEY (id),
  CONSTRAINT saga_instance_version_check CHECK (version >= 1),
  CONSTRAINT saga_instance_sequence_check CHECK (sequence >= 0),
  CONSTRAINT saga_instance_key_check CHECK (char_length(key) BETWEEN 1 AND 500),
  CONSTRAINT saga_instance_status_check CHECK (
    status IN ('running', 'compensating', 'completed', 'compensated', 'paused', 'failed')),
  CONSTRAINT saga_instance_paused_check CHECK (
    paused_from IS NULL OR (status = 'paused' AND paused_from IN ('running', 'compensating'))),
  CONSTRAINT saga_instance_ended_check CHECK (
    (ended_at IS NOT NULL) = (status IN ('completed', 'compensated', 'failed')))
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.05,
        autovacuum_analyze_scale_factor = 0.05);
-- The key first: it is what people look for, and it is the more selective one.
CREATE UNIQUE INDEX saga_instance_key_idx ON sagad.saga_instance (key, definition)
  WHERE key IS NOT NULL;
-- The one index that a transition may leave: a saga that ends drops out of it, and is then
-- updated in every index. All updates before that are HOT.
CREATE INDEX saga_instance_live_idx ON sagad.saga_instance (id)
  WHERE status IN ('running', 'compensating', 'paused');
CREATE INDEX saga_instance_deadline_idx ON sagad.saga_instance (deadline_at)
  WHERE deadline_at IS NOT NULL AND status IN ('running', 'compensating');
COMMENT ON TABLE sagad.saga_instance IS
  'One row a saga; only the coordinator changes it. Not an interface: read the view sagad.saga.';
COMMENT ON COLUMN sagad.saga_instance.id IS 'UUIDv7.';
COMMENT ON COLUMN sagad.saga_instance.key IS
  'Idempotency key of the start; unique with the definition''s name.';
COMMENT ON COLUMN sagad.saga_instance.sequence IS 'Number of its last row of history.';
COMMENT ON COLUMN sagad.saga_instance.unanswered_since IS
  'The oldest sent_at of its unanswered steps: what the rescuer looks for. Not indexed, because '
  'every transition changes it; the rescuer goes through saga_instance_live_idx.';
COMMENT ON COLUMN sagad.saga_instance.paused_from IS 'While paused: what it goes back to.';
COMMENT ON COLUMN sagad.saga_instance.reason IS
  'Why it compensates, is paused or failed: a code.';
COMMENT ON COLUMN sagad.saga_instance.steps IS
  'Where each step stands, in the order of the definition, without outputs.';

CREATE TABLE sagad.step_output (
  saga_id uuid NOT NULL,
  step    integer NOT NULL,
  item    integer NOT NULL DEFAULT 0,
  output  json NOT NULL,
  CONSTRAINT step_output_pkey PRIMARY KEY (saga_id, step, item),
  CONSTRAINT step_output_step_check CHECK (step >= 0),
  CONSTRAINT step_output_item_check CHECK (item >= 0)
);
COMMENT ON TABLE sagad.step_output IS
  'What an action answered. Apart from saga_instance, so that a transition does not write it '
  'again. No foreign key: the coordinator is the only writer, and a check a row is not free.';
COMMENT ON COLUMN sagad.step_output.step IS 'Index of the step in its definition, from 0.';
COMMENT ON COLUMN sagad.step_output.item IS 'Index in a foreach, else 0.';

CREATE TABLE sagad.history (
  saga_id  uuid NOT NULL,
  sequence bigint NOT NULL,
  at       timestamptz NOT NULL,
  events   json NOT NULL,
  CONSTRAINT history_pkey PRIMARY KEY (saga_id, sequence)
);
COMMENT ON TABLE sagad.history IS
  'One row a change of a saga, with all that happened in it. Only added to. Not an interface: '
  'read the view sagad.saga_history.';
COMMENT ON COLUMN sagad.history.events IS 'JSON array of {type, step?, detail of the type}.';

-- Small and hot: rows live for milliseconds, so vacuum follows closely and never gives pages
-- back, which would need a lock that stops the writers.
CREATE TABLE sagad.outbox (
  id         uuid NOT NULL,
  saga_id    uuid NOT NULL,
  sent_at    timestamptz NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now(),
  subject    text NOT NULL,
  payload    text NOT NULL,
  CONSTRAINT outbox_pkey PRIMARY KEY (id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000,
        autovacuum_vacuum_cost_delay = 0, vacuum_truncate = false);
COMMENT ON TABLE sagad.outbox IS
  'Messages that are to be published; a row is deleted once the bus has confirmed it.';
COMMENT ON COLUMN sagad.outbox.sent_at IS
  'The header Sagad-Sent-At, by the clock of the engine''s database.';
COMMENT ON COLUMN sagad.outbox.written_at IS
  'By this database''s clock: how long the row waits.';
COMMENT ON COLUMN sagad.outbox.subject IS 'Without the namespace.';
COMMENT ON COLUMN sagad.outbox.payload IS 'JSON text.';

CREATE TABLE sagad.timer (
  id      bigint GENERATED ALWAYS AS IDENTITY,
  due_at  timestamptz NOT NULL,
  saga_id uuid NOT NULL,
  step    integer NOT NULL,
  kind    text NOT NULL,
  CONSTRAINT timer_pkey PRIMARY KEY (id),
  CONSTRAINT timer_step_check CHECK (step >= 0),
  CONSTRAINT timer_kind_check CHECK (kind IN ('retry', 'total_timeout'))
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        vacuum_truncate = false);
CREATE INDEX timer_due_idx ON sagad.timer (due_at, id);
COMMENT ON TABLE sagad.timer IS
  'Wake-ups of steps. A timer that has nothing to say any more fires and is ignored.';

CREATE TABLE sagad.dead_letter (
  id          bigint GENERATED ALWAYS AS IDENTITY,
  at          timestamptz NOT NULL DEFAULT now(),
  saga_id     uuid,
  participant text NOT NULL,
  subject     text NOT NULL,
  reason      text NOT NULL,
  message     text NOT NULL,
  payload     text NOT NULL,
  CONSTRAINT dead_letter_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE sagad.dead_letter IS
  'Messages that nobody could handle, for a person.';
COMMENT ON COLUMN sagad.dead_letter.saga_id IS 'Null if the message did not say.';
COMMENT ON COLUMN sagad.dead_letter.participant IS 'Who gave it up; or coordinator.';
COMMENT ON COLUMN sagad.dead_letter.reason IS
  'A code: poison, unreadable, unknown_saga, unpublishable.';

-- With the owner's rights, so that a caller needs no more than USAGE on the schema.
CREATE FUNCTION sagad.start_saga(definition text, input jsonb, key text) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  start_id uuid := sagad.uuid_v7();
BEGIN
  IF definition IS NULL OR definition !~ '^[A-Za-z0-9_-]{1,200}$' THEN
    RAISE EXCEPTION 'sagad.start_saga: definition %: this is not the name of a definition',
      coalesce(quote_literal(definition), 'NULL')
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Pass the name that the definition''s file gives, like ''order-pay''.';
  END IF;
  IF key IS NULL OR char_length(key) NOT BETWEEN 1 AND 500 THEN
    RAISE EXCEPTION 'sagad.start_saga: a key of 1 to 500 characters is required'
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Pass what names this start for ever, like the number of the order; '
                   'a second start with the same key returns the first saga.';
  END IF;
  IF input IS NULL THEN
    RAISE EXCEPTION 'sagad.start_saga: input is NULL'
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Pass a JSON document, ''{}'' if the definition wants none.';
  END IF;
  INSERT INTO sagad.outbox (id, saga_id, sent_at, written_at, subject, payload)
  VALUES (start_id, start_id, clock_timestamp(), now(), 'start.' || definition,
          json_build_object('id', start_id, 'definition', definition, 'key', key,
                            'input', input)::text);
  RETURN start_id;
END
$function$;
COMMENT ON FUNCTION sagad.start_saga(text, jsonb, text) IS
  'Starts a saga when the caller''s transaction commits. Returns the id that the saga has if this '
  'is the first start with its key.';

CREATE VIEW sagad.saga AS
SELECT id, definition, version, key, status, reason, error_code, error_message, paused_from,
       created_at, updated_at, ended_at, deadline_at, unanswered_since, sequence, digest,
       input, output, steps
FROM sagad.saga_instance;
COMMENT ON VIEW sagad.saga IS 'The sagas, for people and reports. This view is an interface.';

CREATE VIEW sagad.saga_history AS
SELECT h.saga_id, h.sequence, e.number::integer AS number, h.at,
       e.event ->> 'type' AS type, e.event ->> 'step' AS step, e.event
FROM sagad.history AS h
CROSS JOIN LATERAL json_array_elements(h.events) WITH ORDINALITY AS e(event, number);
COMMENT ON VIEW sagad.saga_history IS
  'What happened to the sagas, one row an event, in the order of (sequence, number). This view '
  'is an interface.';
