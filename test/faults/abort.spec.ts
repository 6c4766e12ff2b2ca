import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { median, quantile, report } from '../support/figures.js';
import { StreamClient } from '../support/stream-client.js';

const TIMES = 20;
const PROMISED_MS = 100;

let bench: TestBench;
let key: string;

beforeAll(async () => {
  bench = await startBench();
  key = await bench.addKey();
});
afterAll(() => bench.close());

const NAMES = ['before the first byte', 'in the middle'] as const;

it.each([
  ['a stream', NAMES[0], true, 'delay=60000'],
  ['a stream', NAMES[1], true, 'chunks=10000;gap=10'],
  ['a whole answer', NAMES[0], false, 'delay=60000'],
  ['a whole answer', NAMES[1], false, 'stall=30'],
])('a client that leaves %s %s: the upstream hears of it', async (what, when, stream, script) => {
  const model = `left-${stream}-${script.replaceAll(/\W/g, '-')}`;
  await bench.addModel(model, `${model};${script}`);
  const delays: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    bench.sandbox.ledger.clear();
    const client = new StreamClient({ url: bench.url, key, body: { model, stream } });
    await bench.sandbox.ledger.waitFor((entry) => entry.model.startsWith(model));
    if (stream && when === NAMES[1]) await client.received(2);
    const left = performance.now();
    client.leave();
    await bench.sandbox.ledger.waitFor((entry) => entry.abortedAt !== undefined);
    delays.push(performance.now() - left);
  }
  report(`leave ${what} ${when}, median`, median(delays), 'ms', `<= ${PROMISED_MS} ms`);
  report(`leave ${what} ${when}, worst`, quantile(delays, 1), 'ms', `<= ${PROMISED_MS} ms`);
  expect(quantile(delays, 1)).toBeLessThanOrEqual(PROMISED_MS);
});
