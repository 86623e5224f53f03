-- The floor: the two transactions that the business needs, written by hand. No messages, nobody
-- who reads the events, no compensation. {service.Query: a | b} is the plugin's own statement of
-- that name, with its parameters.
\set account random(1, 10000)
\set amount random(1, 100)
BEGIN;
{order.CreateOrder: gen_random_uuid() | 'bench order' | 'account-' || :account | :amount | NULL} \gset order_
INSERT INTO tbl_event (order_id, type, payload)
VALUES (:order_id, 'order_created', json_build_object(
  'order_id', :order_id::bigint, 'account', 'account-' || :account, 'amount', :amount::bigint));
COMMIT;
BEGIN;
{pay.Charge: gen_random_uuid() | :order_id | 'account-' || :account | :amount} \gset
INSERT INTO tbl_event (order_id, type, payload)
VALUES (:order_id, 'order_paid', json_build_object(
  'order_id', :order_id::bigint, 'pay_id', :pay_id::bigint));
COMMIT;
