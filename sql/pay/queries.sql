-- name: Charge
-- One statement: it debits the account and inserts the payment, or writes nothing. A charge that
-- waits here for another one of the same account is judged by the balance which that one leaves.
WITH debit AS (
  UPDATE tbl_account SET balance = balance - $4::bigint
  WHERE id = $3 AND balance >= $4::bigint
  RETURNING id
), payment AS (
  INSERT INTO tbl_pay (saga_id, pay_name, order_id, account, amount)
  SELECT $1::uuid, 'pay ' || $2::bigint, $2::bigint, id, $4::bigint FROM debit
  RETURNING id
)
SELECT (SELECT id FROM payment) AS pay_id,
       EXISTS (SELECT FROM tbl_account WHERE id = $3) AS account_known

-- name: LockAccounts
-- In the order of the bytes, which is also that of the engine's lock_key: all who lock several
-- accounts lock them in one order.
SELECT id, balance FROM tbl_account WHERE id = ANY ($1::text[])
ORDER BY id COLLATE "C" FOR NO KEY UPDATE

-- name: ChargeAll
-- Debits the locked accounts and inserts the payments, in one statement. The ids are drawn first,
-- because nothing promises that RETURNING keeps the order of its rows.
WITH incoming AS MATERIALIZED (
  SELECT nextval('tbl_pay_id_seq') AS id, u.*
  FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[])
       WITH ORDINALITY AS u (saga_id, order_id, account, amount, place)
), debit AS (
  UPDATE tbl_account a SET balance = a.balance - total.amount
  FROM (SELECT account, sum(amount)::bigint AS amount FROM incoming GROUP BY account) AS total
  WHERE a.id = total.account
), payment AS (
  INSERT INTO tbl_pay (id, saga_id, pay_name, order_id, account, amount)
  SELECT id, saga_id, 'pay ' || order_id, order_id, account, amount FROM incoming ORDER BY place
)
SELECT id FROM incoming ORDER BY place

-- name: Refund
-- Marks the payment and credits its account once, in one statement, or writes nothing.
WITH refunded AS (
  UPDATE tbl_pay SET status = 'refunded', refunded_at = now()
  WHERE id = $1 AND status = 'paid' AND EXISTS (SELECT FROM tbl_account a WHERE a.id = account)
  RETURNING account, amount
), credit AS (
  UPDATE tbl_account a SET balance = a.balance + refunded.amount
  FROM refunded WHERE a.id = refunded.account
  RETURNING a.id
)
SELECT EXISTS (SELECT FROM credit) AS credited FROM refunded

-- name: PayStatus
SELECT status FROM tbl_pay WHERE id = $1

-- name: LockAccountsOfPayments
-- The accounts first and in the order of a charge, then the payments by number.
SELECT id FROM tbl_account
WHERE id IN (SELECT account FROM tbl_pay WHERE id = ANY ($1::bigint[]))
ORDER BY id COLLATE "C" FOR NO KEY UPDATE

-- name: LockPayments
SELECT p.id, p.status, EXISTS (SELECT FROM tbl_account a WHERE a.id = p.account) AS account_known
FROM tbl_pay p WHERE p.id = ANY ($1::bigint[]) ORDER BY p.id FOR NO KEY UPDATE OF p

-- name: RefundAll
WITH refunded AS (
  UPDATE tbl_pay SET status = 'refunded', refunded_at = now()
  WHERE id = ANY ($1::bigint[]) AND status = 'paid'
  RETURNING account, amount
)
UPDATE tbl_account a SET balance = a.balance + total.amount
FROM (SELECT account, sum(amount)::bigint AS amount FROM refunded GROUP BY account) AS total
WHERE a.id = total.account
