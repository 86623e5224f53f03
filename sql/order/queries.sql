-- name: CreateOrder
INSERT INTO tbl_order (saga_id, order_name, account, amount, limit_amount)
VALUES ($1, $2, $3, $4, $5)
RETURNING id

-- name: CreateOrders
-- The ids are drawn first, because nothing promises that RETURNING keeps the order of its rows.
WITH incoming AS MATERIALIZED (
  SELECT nextval('tbl_order_id_seq') AS id, u.*
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
       WITH ORDINALITY AS u (saga_id, order_name, account, amount, limit_amount, place)
), created AS (
  INSERT INTO tbl_order (id, saga_id, order_name, account, amount, limit_amount)
  SELECT id, saga_id, order_name, account, amount, limit_amount FROM incoming ORDER BY place
)
SELECT id FROM incoming ORDER BY place

-- name: ReadOrder
SELECT status, amount, limit_amount FROM tbl_order WHERE id = $1

-- name: ConfirmOrder
UPDATE tbl_order SET status = 'confirmed', confirmed_at = now()
WHERE id = $1 AND status = 'created'

-- name: CancelOrder
UPDATE tbl_order SET status = 'cancelled', cancelled_at = now()
WHERE id = $1 AND status <> 'cancelled'

-- name: CancelOrders
-- Locked by number, so that two batches that share orders wait for each other and do not deadlock.
WITH known AS MATERIALIZED (
  SELECT id, status FROM tbl_order WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE
), cancelled AS (
  UPDATE tbl_order o SET status = 'cancelled', cancelled_at = now()
  FROM known WHERE o.id = known.id AND known.status <> 'cancelled'
)
SELECT id FROM known
