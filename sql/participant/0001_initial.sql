-- sagad: oldest=0.1.0
--
-- A participant's database: the engine's tables beside the service's own. Explained in
-- docs/schema.md. The schema itself and sagad.migration are there already.
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

-- A plugin shares the engine's transaction and must not end it. What the engine writes after the
-- plugin ran asks this first: after a COMMIT or ROLLBACK of the plugin nothing of it is written.
CREATE FUNCTION sagad.same_transaction(expected text) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $function$
BEGIN
  IF pg_current_xact_id_if_assigned()::text IS DISTINCT FROM expected THEN
    RAISE EXCEPTION 'the transaction of the engine was ended by the SQL of an action'
      USING ERRCODE = 'SG001';
  END IF;
  RETURN true;
END
$function$;
COMMENT ON FUNCTION sagad.same_transaction(text) IS
  'True if the transaction is still the one with this id; else an error (SG001).';

-- Written once, with its answer; found by its primary key alone. The id of the saga comes first:
-- it is a UUIDv7, so that what is past retention goes by a range of the key.
CREATE TABLE sagad.inbox (
  saga_id     uuid NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  item        integer NOT NULL,
  round       integer NOT NULL,
  kind        text COLLATE "C" NOT NULL,
  step        text COLLATE "C" NOT NULL,
  outcome     text NOT NULL,
  output      json,
  code        text,
  message     text,
  CONSTRAINT inbox_pkey PRIMARY KEY (saga_id, step, item, kind),
  CONSTRAINT inbox_item_check CHECK (item >= 0),
  CONSTRAINT inbox_round_check CHECK (round >= 0),
  CONSTRAINT inbox_kind_check CHECK (kind IN ('do', 'undo')),
  CONSTRAINT inbox_outcome_check CHECK (outcome IN ('done', 'failed', 'barred')),
  CONSTRAINT inbox_output_check CHECK ((output IS NOT NULL) = (outcome = 'done'))
) WITH (autovacuum_vacuum_insert_scale_factor = 0.1);
COMMENT ON TABLE sagad.inbox IS
  'What became of every execution: the same command, delivered again, gets this answer. Without '
  'its row an execution has not happened, so rows are not to be deleted by hand.';
COMMENT ON COLUMN sagad.inbox.item IS 'Index in a foreach, else 0.';
COMMENT ON COLUMN sagad.inbox.round IS
  'Raised by an operator''s retry or edit; failed and barred give way to a higher one.';
COMMENT ON COLUMN sagad.inbox.outcome IS
  'done: took effect; failed: refused; barred: has not happened and never will in this round.';
COMMENT ON COLUMN sagad.inbox.code IS 'Of failed.';

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

CREATE TABLE sagad.poison_start (
  saga_id    uuid NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  item       integer NOT NULL,
  starts     integer NOT NULL,
  kind       text COLLATE "C" NOT NULL,
  step       text COLLATE "C" NOT NULL,
  CONSTRAINT poison_start_pkey PRIMARY KEY (saga_id, step, item, kind),
  CONSTRAINT poison_start_starts_check CHECK (starts >= 1),
  CONSTRAINT poison_start_kind_check CHECK (kind IN ('do', 'undo', 'settle'))
);
COMMENT ON TABLE sagad.poison_start IS
  'Executions that began and have not come back. A command that was delivered more than once is '
  'counted here before it runs; what crashes the process three times is a dead letter.';
COMMENT ON COLUMN sagad.poison_start.started_at IS 'The last of the starts.';

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
