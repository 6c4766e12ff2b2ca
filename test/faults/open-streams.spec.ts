import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { makeDatabase } from '../support/databases.js';
import type { TestDatabase } from '../support/databases.js';
import { report } from '../support/figures.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { MASTER_KEY } from '../support/gateway.js';
import { startSandboxProcess } from '../support/sandbox-process.js';
import { StreamClient } from '../support/stream-client.js';
import { until } from '../support/until.js';

const STREAMS = 1_000;
const MOST_KB = 60;
const AT_ONCE = 100;
const PROMPT_BYTES = 2_000;
/** A chunk a second. */
const SLOW = 'slow;chunks=40;gap=1000';
const HELD_SECONDS = 8;
/** So much longer may the last stream be in opening than the first. */
const PATIENCE_MS = 30_000;

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
  await gateway.addUpstream(sandbox.url, { slow: SLOW, quick: 'quick' });
});
afterAll(async () => {
  await gateway.stop();
  sandbox.stop();
  database.remove();
});

it(`${STREAMS} open streams cost little memory each, and none is starved`, async () => {
  // One after the other: many at once would leave room that the open ones could then have for nothing.
  for (let warm = 0; warm < 300; warm++) await open('quick').ended();
  const before = gateway.residentMb;
  const streams: StreamClient[] = [];
  while (streams.length < STREAMS) {
    for (let count = 0; count < AT_ONCE; count++) streams.push(open('slow'));
    await until(() => streams.every(({ text }) => text !== ''), PATIENCE_MS);
  }
  const opened = streams.map(received);
  let most = 0;
  for (let second = 0; second < HELD_SECONDS; second++) {
    await sleep(1_000);
    most = Math.max(most, gateway.residentMb);
  }
  const came = streams.map((stream, at) => received(stream) - (opened[at] ?? 0));
  for (const stream of streams) stream.leave();
  const each = ((most - before) * 1_024) / STREAMS;
  report(
    `an open stream with a prompt of ${PROMPT_BYTES / 1_000} KB costs, at most`,
    each,
    'KB',
    `<= ${MOST_KB}`,
  );
  report(
    `chunks of the stream that had the fewest in ${HELD_SECONDS} s`,
    Math.min(...came),
    '',
    'as of others',
  );
  expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
  expect(Math.min(...came)).toBeGreaterThanOrEqual(Math.max(...came) - 3);
  expect(each).toBeLessThanOrEqual(MOST_KB);
});

function open(model: string): StreamClient {
  const messages = [{ role: 'user', content: 'x'.repeat(PROMPT_BYTES) }];
  return new StreamClient({ url: gateway.url, key: MASTER_KEY, body: { model, stream: true, messages } });
}

/** Chunks. */
function received({ text }: StreamClient): number {
  return text.split('\n\n').length - 1;
}
