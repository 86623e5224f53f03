-- sagad: oldest=0.1.0
CREATE TABLE tbl_parcel (
  id       bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  saga_id  uuid    NOT NULL,
  order_id bigint  NOT NULL,
  weight   bigint  NOT NULL CHECK (weight >= 1),
  released boolean NOT NULL DEFAULT false
);
