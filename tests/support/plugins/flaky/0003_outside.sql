-- sagad: oldest=0.1.0
-- What external actions did, as if in the database of somebody else.
CREATE TABLE tbl_flaky_outside (
  idempotency_key text PRIMARY KEY,
  saga_id         uuid NOT NULL,
  step_id         text NOT NULL,
  undone          boolean NOT NULL DEFAULT false
);
