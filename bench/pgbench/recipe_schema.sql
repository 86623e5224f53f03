-- The tables of the recipe "message queue + local event table + scheduled task". The partial
-- indexes are what its scheduled tasks find their work by.
CREATE TABLE tbl_event (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id   bigint      NOT NULL,
  type       text        NOT NULL,
  status     text        NOT NULL DEFAULT 'new',
  payload    json        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  sent_at    timestamptz
) WITH (fillfactor = 90);
CREATE INDEX tbl_event_new_idx ON tbl_event (id) WHERE status = 'new';

CREATE TABLE tbl_received_event (
  event_id    bigint      PRIMARY KEY,
  type        text        NOT NULL,
  status      text        NOT NULL DEFAULT 'new',
  payload     json        NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  done_at     timestamptz
) WITH (fillfactor = 90);
CREATE INDEX tbl_received_event_new_idx ON tbl_received_event (event_id) WHERE status = 'new';
