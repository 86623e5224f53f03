-- The recipe "message queue + local event table + scheduled task", its four transactions written
-- by hand: its messages, and the scans by which its tasks find their work, are left out.
\set account random(1, 10000)
\set amount random(1, 100)
-- The order service saves the order and an event.
BEGIN;
{order.CreateOrder: gen_random_uuid() | 'bench order' | 'account-' || :account | :amount | NULL} \gset order_
INSERT INTO tbl_event (order_id, type, payload)
VALUES (:order_id, 'order_created', json_build_object(
  'order_id', :order_id::bigint, 'account', 'account-' || :account, 'amount', :amount::bigint))
RETURNING id \gset event_
COMMIT;
-- A scheduled task has sent the event to the queue.
UPDATE tbl_event SET status = 'sent', sent_at = now() WHERE id = :event_id AND status = 'new';
-- The payment service stores the received event, and only then acknowledges it.
INSERT INTO tbl_received_event (event_id, type, payload)
VALUES (:event_id, 'order_created', json_build_object(
  'order_id', :order_id::bigint, 'account', 'account-' || :account, 'amount', :amount::bigint))
ON CONFLICT (event_id) DO NOTHING;
-- A scheduled task turns the stored event into a payment.
BEGIN;
UPDATE tbl_received_event SET status = 'done', done_at = now()
WHERE event_id = :event_id AND status = 'new';
{pay.Charge: gen_random_uuid() | :order_id | 'account-' || :account | :amount} \gset
COMMIT;
