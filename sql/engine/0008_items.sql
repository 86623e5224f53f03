-- sagad: oldest=0.1.0
--
-- The items of a foreach.

-- Rewritten with every change of the item, so there is room for new versions in the page.
CREATE TABLE sagad.step_item (
  saga_id uuid NOT NULL,
  step    integer NOT NULL,
  item    integer NOT NULL,
  state   json NOT NULL,
  CONSTRAINT step_item_pkey PRIMARY KEY (saga_id, step, item),
  CONSTRAINT step_item_step_check CHECK (step >= 0),
  CONSTRAINT step_item_item_check CHECK (item >= 0)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE sagad.step_item IS
  'Where each item of a foreach stands; one that was not started has no row. Outputs are in '
  'step_output.';
COMMENT ON COLUMN sagad.step_item.step IS 'Index of the step in its definition, from 0.';
COMMENT ON COLUMN sagad.step_item.item IS 'Index in the list, from 0.';

ALTER TABLE sagad.timer
  ADD COLUMN item integer NOT NULL DEFAULT 0,
  ADD CONSTRAINT timer_item_check CHECK (item >= 0);
COMMENT ON COLUMN sagad.timer.item IS 'Index in a foreach, else 0.';
