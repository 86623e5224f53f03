-- sagad: oldest=0.1.0
-- What the final answers of `later` are given with.
CREATE TABLE tbl_flaky_token (
  saga_id uuid NOT NULL,
  step_id text NOT NULL,
  token   text NOT NULL,
  PRIMARY KEY (saga_id, step_id)
);
