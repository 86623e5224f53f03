-- Beside the order and pay services' own tables: what the floor writes for "an event happened".
-- Nothing reads it, so it has no index but its key.
CREATE TABLE tbl_event (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id   bigint      NOT NULL,
  type       text        NOT NULL,
  payload    json        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
