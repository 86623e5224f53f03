// order-pay in Restate: a handler whose steps are journaled (ctx.run). Three processes: the server,
// the service, and this one, which makes the load over HTTP. Prints one line of JSON.

import { fork, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, openSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { config } from './business.mjs';
import { measure } from './load.mjs';

const [ingress, admin, node, service] = config.ports;
const log = openSync(path.join(config.folder, 'restate.log'), 'a');

function serverProgram() {
  const packageFile = createRequire(import.meta.url)
    .resolve(`@restatedev/restate-server-linux-${process.arch}/package.json`);
  for (const name of ['bin/restate-server', 'restate-server']) {
    const file = path.join(path.dirname(packageFile), name);
    if (existsSync(file)) return file;
  }
  throw new Error('there is no restate-server for this machine');
}

const agent = new http.Agent({ keepAlive: true, maxSockets: config.clients });

function request(port, method, target, body) {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const sent = http.request({
      host: '127.0.0.1', port, method, path: target, agent,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
    }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => {
        const received = Buffer.concat(parts).toString();
        if (answer.statusCode < 300) resolve(received);
        else reject(new Error(`${method} ${target}: ${answer.statusCode} ${received}`));
      });
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

async function retry(what, doing) {
  const limit = Date.now() + 60000;
  for (;;) {
    try {
      return await doing();
    } catch (error) {
      if (Date.now() > limit) throw new Error(`${what}: ${error.message}`);
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
  }
}

const server = spawn(serverProgram(), ['--base-dir', path.join(config.folder, 'restate-data')], {
  cwd: config.folder,
  stdio: ['ignore', log, log],
  env: {
    ...process.env,
    RESTATE_CLUSTER_NAME: 'bench',
    RESTATE_NODE_NAME: 'bench',
    RESTATE_LOG_FILTER: 'warn',
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}/`,
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
  },
});
const handler = fork(new URL('./restate_service.mjs', import.meta.url),
  [JSON.stringify({ ...config, service_port: service })],
  {
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, NODE_ENV: 'production', RESTATE_LOGGING: 'WARN' },
  });

try {
  await retry('the Restate server is not there', () => request(admin, 'GET', '/health'));
  await retry('the service is not there', () => request(
    admin, 'POST', '/deployments', { uri: `http://127.0.0.1:${service}`, force: true }));
  await retry('the handler is not there', () => request(
    ingress, 'POST', '/orderPay/run',
    { saga: randomUUID(), name: 'first', account: 'account-1', amount: 1 }));
  const figures = await measure(async (order) => {
    const answer = await request(
      ingress, 'POST', '/orderPay/run', { saga: randomUUID(), ...order });
    if (!JSON.parse(answer).payId) throw new Error(`not completed: ${answer}`);
  }, config.clients, config.seconds);
  figures.sagas += 1;
  console.log(JSON.stringify(figures));
} finally {
  handler.kill('SIGTERM');
  server.kill('SIGTERM');
  await new Promise((resolve) => {
    if (server.exitCode !== null) resolve();
    else server.once('exit', resolve);
  });
}
process.exit(0);
