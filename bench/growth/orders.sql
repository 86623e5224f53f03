-- Copies every order and every row of the inbox {copies} times, under new ids.
INSERT INTO sagad.inbox
SELECT r.*
FROM generate_series(1, {copies}) AS n, sagad.inbox AS i
CROSS JOIN LATERAL jsonb_populate_record(
  i, jsonb_build_object('saga_id', sagad.uuid_v7(), 'copy', n)) AS r;

INSERT INTO tbl_order
SELECT r.*
FROM generate_series(1, {copies}) AS n, tbl_order AS o
CROSS JOIN LATERAL jsonb_populate_record(
  o, jsonb_build_object('id', nextval('tbl_order_id_seq'), 'copy', n)) AS r;
