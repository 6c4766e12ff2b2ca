import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { makeDatabase } from '../support/databases.js';
import type { TestDatabase } from '../support/databases.js';
import { quantile, report } from '../support/figures.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { MASTER_KEY } from '../support/gateway.js';
import { startSandboxProcess } from '../support/sandbox-process.js';
import { HELLO, StreamClient } from '../support/stream-client.js';

const READERS = 50;
const MOST_MB = 64;
const SECONDS = 15;
/** 50 MB in chunks of 10 KB. */
const HUGE = 'huge;chunks=5000;size=10000';

let database: TestDatabase;
let sandbox: Awaited<ReturnType<typeof startSandboxProcess>>;
let gateway: GatewayProcess;

beforeAll(async () => {
  database = await makeDatabase({
    postgresUrl: inject('postgresUrl'),
    embeddedTemplate: inject('embeddedTemplate'),
  });
  sandbox = await startSandboxProcess();
  gateway = await GatewayProcess.start({
    PLLM_DATA_DIR: database.dataDir,
    DATABASE_URL: database.url,
    PLLM_MASTER_KEY: MASTER_KEY,
  });
  await gateway.addUpstream(sandbox.url, { huge: HUGE, quick: 'quick' });
});
afterAll(async () => {
  await gateway.stop();
  sandbox.stop();
  database.remove();
});

it(`${READERS} slow readers cost little memory, and nobody else's time`, async () => {
  for (let warm = 0; warm < 300; warm++) await quickCall();
  const before = gateway.residentMb;
  const alone = await latencies(50);
  const readers = Array.from({ length: READERS }, openSlowReader);
  let most = 0;
  const together: number[] = [];
  const deadline = performance.now() + SECONDS * 1_000;
  while (performance.now() < deadline) {
    together.push(...(await latencies(5)));
    most = Math.max(most, gateway.residentMb);
    await sleep(200);
  }
  for (const reader of readers) reader.destroy();
  const cost = most - before;
  report(`${READERS} slow readers of 50 MB cost, at most`, cost, 'MB', `<= ${MOST_MB} MB`);
  report('a call alone, median', quantile(alone, 0.5), 'ms', '-');
  report('a call beside slow readers, median', quantile(together, 0.5), 'ms', 'as alone');
  report('a call beside slow readers, p90', quantile(together, 0.9), 'ms', 'as alone');
  expect(cost).toBeLessThanOrEqual(MOST_MB);
  expect(quantile(together, 0.5)).toBeLessThan(quantile(alone, 0.5) * 3 + 5);
});

async function quickCall(): Promise<number> {
  const asked = performance.now();
  const client = new StreamClient({
    url: gateway.url,
    key: MASTER_KEY,
    body: { model: 'quick', stream: true },
  });
  await client.ended();
  expect(client.isDone).toBe(true);
  return performance.now() - asked;
}

async function latencies(count: number): Promise<number[]> {
  const all: number[] = [];
  for (let call = 0; call < count; call++) all.push(await quickCall());
  return all;
}

/** About 1 KB a second, from a socket that is not read in between. */
function openSlowReader(): Socket {
  const body = JSON.stringify({ model: 'huge', stream: true, messages: HELLO });
  const { port } = new URL(gateway.url);
  const socket = connect({ port: Number(port), host: '127.0.0.1', highWaterMark: 1024 } as object as {
    port: number;
  });
  socket.pause();
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${MASTER_KEY}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const timer = setInterval(() => socket.read(1024), 1_000);
  socket.on('close', () => clearInterval(timer));
  socket.on('error', () => {});
  return socket;
}
