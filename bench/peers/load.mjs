// The load for the peers: as many clients as asked for, each of which runs the next saga when the
// one before has ended.

const accounts = 10000;

function makeOrder(number) {
  return {
    name: `bench-${process.pid}-${number}`,
    account: `account-${1 + Math.floor(Math.random() * accounts)}`,
    amount: 1 + Math.floor(Math.random() * 100),
  };
}

function nearestRank(sorted, fraction) {
  const rank = Math.ceil(fraction * sorted.length);
  return sorted[Math.min(Math.max(rank, 1), sorted.length) - 1];
}

let made = 0;

/** Runs sagas for `seconds`; run(order) resolves when the saga is completed. */
export async function closedLoop(run, clients, seconds) {
  const millis = [];
  const begin = performance.now();
  const end = begin + seconds * 1000;
  async function client() {
    while (performance.now() < end) {
      const sent = performance.now();
      await run(makeOrder(++made));
      millis.push(performance.now() - sent);
    }
  }
  await Promise.all(Array.from({ length: clients }, client));
  const elapsed = (performance.now() - begin) / 1000;
  millis.sort((a, b) => a - b);
  return {
    sagas: millis.length,
    sagas_per_s: millis.length / elapsed,
    p50: nearestRank(millis, 0.5),
    p99: nearestRank(millis, 0.99),
  };
}

/** A warm-up, one client, many clients; the figures of all that was started, too. */
export async function measure(run, clients, seconds) {
  const warm = await closedLoop(run, clients, 1);
  const one = await closedLoop(run, 1, seconds);
  const many = await closedLoop(run, clients, seconds);
  return { clients, one, many, sagas: warm.sagas + one.sagas + many.sagas };
}
