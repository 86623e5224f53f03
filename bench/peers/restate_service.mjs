// The service that Restate calls, started by restate.mjs.

// The SDK wants what node has since version 22; Debian's is older.
Promise.withResolvers ??= function withResolvers() {
  const promise = {};
  promise.promise = new this((resolve, reject) => Object.assign(promise, { resolve, reject }));
  return promise;
};

const restate = await import('@restatedev/restate-sdk');
const { cancelOrder, charge, config, createOrder } = await import('./business.mjs');

const orderPay = restate.service({
  name: 'orderPay',
  handlers: {
    run: async (ctx, order) => {
      const orderId = await ctx.run('create_order', () => createOrder(order.saga, order));
      const paid = await ctx.run('charge', () => charge(order.saga, orderId, order));
      if (paid.refused) await ctx.run('cancel_order', () => cancelOrder(orderId));
      return { orderId, ...paid };
    },
  },
});

restate.endpoint().bind(orderPay).listen(config.service_port);
process.on('disconnect', () => process.exit(0));
