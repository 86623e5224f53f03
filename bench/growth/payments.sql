-- Copies every payment and every row of the inbox {copies} times, under new ids; the accounts pay
-- for the copies, so that the books stay right.
INSERT INTO sagad.inbox
SELECT r.*
FROM generate_series(1, {copies}) AS n, sagad.inbox AS i
CROSS JOIN LATERAL jsonb_populate_record(
  i, jsonb_build_object('saga_id', sagad.uuid_v7(), 'copy', n)) AS r;

UPDATE tbl_account AS a SET balance = a.balance - paid.amount * {copies}
FROM (SELECT account, sum(amount)::bigint AS amount FROM tbl_pay
      WHERE status = 'paid' GROUP BY account) AS paid
WHERE a.id = paid.account;

INSERT INTO tbl_pay
SELECT r.*
FROM generate_series(1, {copies}) AS n, tbl_pay AS p
CROSS JOIN LATERAL jsonb_populate_record(
  p, jsonb_build_object('id', nextval('tbl_pay_id_seq'), 'copy', n)) AS r;
