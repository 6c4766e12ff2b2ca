import { readFileSync } from 'node:fs';
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

const CLIENTS = 200;
const READERS = 50;
const MOST_SECONDS = 15;

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
  await gateway.addUpstream(sandbox.url, { huge: 'huge;chunks=5000;size=10000', quick: 'quick' });
  for (let warm = 0; warm < 300; warm++) await quickCall();
});
afterAll(async () => {
  await gateway.stop();
  sandbox.stop();
  database.remove();
});

const head =
  `POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${MASTER_KEY}\r\n` +
  'content-type: application/json\r\n';

it.each([
  ['headers', head, 'x-a: b\r\n'],
  ['a body', `${head}content-length: 100000\r\n\r\n{`, ' '],
])(
  `${CLIENTS} clients that send %s too slowly are closed, and harm nobody`,
  async (what, beginning, more) => {
    const alone = await latencies(50);
    const begun = performance.now();
    const slow = Array.from({ length: CLIENTS }, () => trickle(beginning, more));
    const seconds = slow.map((closed) => closed.then(() => (performance.now() - begun) / 1_000));
    const together: number[] = [];
    const open = { count: CLIENTS };
    void Promise.all(slow).then(() => (open.count = 0));
    while (open.count > 0) {
      together.push(...(await latencies(5)));
      await sleep(100);
    }
    const last = Math.max(...(await Promise.all(seconds)));
    report(`${what} too slowly: the last of ${CLIENTS} is closed after`, last, 's', `<= ${MOST_SECONDS} s`);
    report('a call alone, median', quantile(alone, 0.5), 'ms', '-');
    report('a call beside them, median', quantile(together, 0.5), 'ms', 'as alone');
    expect(last).toBeLessThanOrEqual(MOST_SECONDS);
    expect(quantile(together, 0.5)).toBeLessThan(quantile(alone, 0.5) * 3 + 5);
  },
);

it(`${READERS} clients that do not read their answers are closed`, async () => {
  const before = openConnections();
  const readers = Array.from({ length: READERS }, openDeafReader);
  await sleep(2_000);
  // From when the buffers between them are full.
  const begun = performance.now();
  expect(openConnections()).toBeGreaterThanOrEqual(READERS);
  while (openConnections() > before && performance.now() - begun < 40_000) await sleep(100);
  const seconds = (performance.now() - begun) / 1_000;
  report(`not read: the last of ${READERS} is closed after`, seconds, 's', `<= ${MOST_SECONDS} s`);
  for (const reader of readers) reader.destroy();
  expect(seconds).toBeLessThanOrEqual(MOST_SECONDS);
});

/** Sends a beginning, then a little each second, until it is closed. */
function trickle(beginning: string, more: string): Promise<void> {
  const { port } = new URL(gateway.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(beginning);
  const sending = setInterval(() => void socket.write(more), 1_000);
  return new Promise((resolve) => {
    socket.once('close', () => {
      clearInterval(sending);
      resolve();
    });
  });
}

function openDeafReader(): Socket {
  const body = JSON.stringify({ model: 'huge', stream: true, messages: HELLO });
  const { port } = new URL(gateway.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  return socket;
}

async function quickCall(): Promise<number> {
  const asked = performance.now();
  const body = { model: 'quick', stream: true };
  const client = new StreamClient({ url: gateway.url, key: MASTER_KEY, body });
  await client.ended();
  expect(client.isDone).toBe(true);
  return performance.now() - asked;
}

async function latencies(count: number): Promise<number[]> {
  const all: number[] = [];
  for (let call = 0; call < count; call++) all.push(await quickCall());
  return all;
}

/** The connections of clients that the gateway holds, as the kernel counts them. */
function openConnections(): number {
  const port = Number(new URL(gateway.url).port).toString(16).toUpperCase().padStart(4, '0');
  const listening = '0A';
  return readFileSync('/proc/net/tcp', 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state, , , , , , inode]) => {
      // What no process holds any more has no inode.
      return local?.endsWith(`:${port}`) && state !== listening && inode !== '0';
    }).length;
}
