// order-pay in DBOS: a workflow of two steps, whose ends DBOS records in its system database.
// Prints one line of JSON.

import { randomUUID } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { cancelOrder, charge, config, createOrder } from './business.mjs';
import { measure } from './load.mjs';

const orderPay = DBOS.registerWorkflow(async (saga, order) => {
  const orderId = await DBOS.runStep(() => createOrder(saga, order), { name: 'create_order' });
  const paid = await DBOS.runStep(() => charge(saga, orderId, order), { name: 'charge' });
  if (paid.refused) await DBOS.runStep(() => cancelOrder(orderId), { name: 'cancel_order' });
  return { orderId, ...paid };
}, { name: 'order_pay' });

DBOS.setConfig({
  name: 'sagad-bench',
  systemDatabaseUrl: `postgresql://sagad@127.0.0.1:${config.port}/${config.system}`,
  systemDatabasePoolSize: config.sessions,
  runAdminServer: false,
  logLevel: 'warn',
});
await DBOS.launch();

const figures = await measure(async (order) => {
  const result = await orderPay(randomUUID(), order);
  if (!result.payId) throw new Error(`not completed: ${JSON.stringify(result)}`);
}, config.clients, config.seconds);
console.log(JSON.stringify(figures));
await DBOS.shutdown();
process.exit(0);
