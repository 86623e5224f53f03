// The business statements of the plugins order and pay, which sagabench hands over, and the
// databases that they run in.

import pg from 'pg';

export const config = JSON.parse(process.argv[2]);

/** Runs prepared statements in a database, each a transaction of its own. */
function queryOn(database) {
  const pool = new pg.Pool({
    host: '127.0.0.1', port: config.port, user: 'sagad', database, max: config.sessions,
  });
  const names = new Map();
  return async (sql, values) => {
    if (!names.has(sql)) names.set(sql, `bench_${names.size}`);
    return (await pool.query({ name: names.get(sql), text: sql, values })).rows;
  };
}

const orders = queryOn(config.orders);
const payments = queryOn(config.payments);

export async function createOrder(saga, order) {
  const rows = await orders(config.sql.create_order, [
    saga, order.name, order.account, order.amount, null,
  ]);
  return Number(rows[0].id);
}

export async function cancelOrder(orderId) {
  await orders(config.sql.cancel_order, [orderId]);
}

/** The number of the payment, or the reason why it is refused. */
export async function charge(saga, orderId, order) {
  const [row] = await payments(config.sql.charge, [saga, orderId, order.account, order.amount]);
  if (row.pay_id !== null) return { payId: Number(row.pay_id) };
  return { refused: row.account_known ? 'insufficient_funds' : 'unknown_account' };
}
