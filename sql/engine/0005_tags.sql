-- sagad: oldest=0.1.0
--
-- What sagas can be searched by. A table of its own, so that sagas without tags cost nothing and
-- transitions do not touch it.

CREATE TABLE sagad.tag (
  saga_id uuid NOT NULL,
  name    text COLLATE "C" NOT NULL,
  value   text COLLATE "C" NOT NULL,
  CONSTRAINT tag_pkey PRIMARY KEY (saga_id, name),
  CONSTRAINT tag_value_check CHECK (octet_length(value) <= 255)
);
-- The id last: a page of a list is a range of the index.
CREATE INDEX tag_value_idx ON sagad.tag (name, value, saga_id);
COMMENT ON TABLE sagad.tag IS
  'The tags of the sagas, written at their start. Not an interface: read the view '
  'sagad.saga_tag. No foreign key: the coordinator is the only writer.';
COMMENT ON COLUMN sagad.tag.value IS
  'Strings as they are, numbers and booleans as JSON. A tag that is null is not here.';

CREATE VIEW sagad.saga_tag AS
SELECT saga_id, name, value FROM sagad.tag;
COMMENT ON VIEW sagad.saga_tag IS 'The tags of the sagas. This view is an interface.';
