import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { makeDatabase } from '../support/databases.js';
import type { TestDatabase } from '../support/databases.js';
import { median, quantile, report } from '../support/figures.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { MASTER_KEY } from '../support/gateway.js';
import { startSandboxProcess } from '../support/sandbox-process.js';
import { SteadyLoad } from '../support/steady-load.js';
import type { LoadedCall } from '../support/steady-load.js';
import { HELLO } from '../support/stream-client.js';
import { workersOn } from '../support/workers.js';

const REFUSED_WITHIN_MS = 50;
const RECOVERED_WITHIN_MS = 5_000;
const LOOP = new URL('../support/closed-loop.mjs', import.meta.url).pathname;

type Answered = Pick<LoadedCall, 'status' | 'ms' | 'retryAfter'>;

let database: TestDatabase;
let sandbox: Awaited<ReturnType<typeof startSandboxProcess>>;
let gateway: GatewayProcess;

beforeEach(async () => {
  database = await makeDatabase({
    postgresUrl: inject('postgresUrl'),
    embeddedTemplate: inject('embeddedTemplate'),
  });
  sandbox = await startSandboxProcess();
});
afterEach(async () => {
  await gateway.stop();
  sandbox.stop();
  database.remove();
});

async function start(env: Record<string, string>, script: string): Promise<void> {
  gateway = await GatewayProcess.start({
    PLLM_DATA_DIR: database.dataDir,
    DATABASE_URL: database.url,
    PLLM_MASTER_KEY: MASTER_KEY,
    ...env,
  });
  await gateway.addUpstream(sandbox.url, { model: script });
}

const steady = (rate: number) => new SteadyLoad({ url: gateway.url, key: MASTER_KEY, model: 'model', rate });

const isGood = ({ status }: Answered) => status === 200;
const isRefusal = ({ status }: Answered) => status === 503;

/** Calls at a rate for so long: what was answered, a second. */
async function offer(
  rate: number,
  seconds: number,
): Promise<{ goodput: number; calls: readonly LoadedCall[] }> {
  const load = steady(rate);
  await sleep(seconds * 1_000);
  const calls = await load.stop();
  return { goodput: calls.filter(isGood).length / seconds, calls };
}

it(
  'four times what a slow upstream can take: the rest is refused at once',
  { timeout: 120_000 },
  async () => {
    const most = 20;
    const upstreamMs = 200;
    // Each process takes so many.
    const capacity = (workersOn(database.url) * most * 1_000) / upstreamMs;
    const seconds = 8;
    await start({ PLLM_MAX_IN_FLIGHT: String(most) }, `slow;delay=${upstreamMs}`);
    await offer(capacity, 4);
    const atCapacity = await offer(capacity, seconds);
    const memoryBefore = gateway.residentMb;
    const over = await offer(capacity * 4, seconds);
    const endedAt = performance.now();
    const memory = gateway.residentMb - memoryBefore;
    const recoveredMs = await untilSteady(endedAt, upstreamMs);
    const refusals = over.calls.filter(isRefusal);
    const refusedMs = refusals.map(({ ms }) => ms);
    const share = over.goodput / atCapacity.goodput;
    report('answered at capacity', atCapacity.goodput, 'calls/s', '-');
    report('answered at 4 x capacity', over.goodput, 'calls/s', '>= 90 % of that');
    report('refused in, median', median(refusedMs), 'ms', '-');
    report('refused in, p99', quantile(refusedMs, 0.99), 'ms', `<= ${REFUSED_WITHIN_MS} ms`);
    report('memory more, at 4 x capacity', memory, 'MB', '<= 64 MB');
    report('as quick as before, after', recoveredMs, 'ms', `<= ${RECOVERED_WITHIN_MS} ms`);
    expect(over.calls.every((call) => isGood(call) || isRefusal(call))).toBe(true);
    expect(refusals.every(({ retryAfter }) => retryAfter === '1')).toBe(true);
    expect(share).toBeGreaterThanOrEqual(0.9);
    expect(quantile(refusedMs, 0.99)).toBeLessThanOrEqual(REFUSED_WITHIN_MS);
    expect(memory).toBeLessThanOrEqual(64);
    expect(recoveredMs).toBeLessThanOrEqual(RECOVERED_WITHIN_MS);
  },
);

/** Milliseconds until ten calls in a row are answered as if nothing had been. */
async function untilSteady(from: number, usualMs: number): Promise<number> {
  let firstAt = 0;
  for (let inARow = 0; inARow < 10;) {
    const askedAt = performance.now();
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'model', messages: HELLO }),
    });
    await response.text();
    const now = performance.now();
    const isWell = response.status === 200 && now - askedAt < usualMs + 100;
    if (isWell && inARow === 0) firstAt = now;
    inARow = isWell ? inARow + 1 : 0;
    if (now - from > 30_000) throw new Error('It did not recover.');
  }
  return firstAt - from;
}

it('more connections than a process has time for: it goes on answering', { timeout: 120_000 }, async () => {
  await start({}, 'instant');
  const generator = fork(LOOP, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const loop = async (connections: number, seconds: number): Promise<Answered[]> => {
    const headers = { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ model: 'model', messages: HELLO });
    generator.send({ url: gateway.url, headers, body, connections, seconds, pauseMs: 1_000 });
    const [answers] = (await once(generator, 'message')) as [Answered[]];
    return answers;
  };
  try {
    const seconds = 6;
    await loop(64, 5);
    const memoryBefore = gateway.residentMb;
    const some = (await loop(64, seconds)).filter(isGood);
    const many = await loop(1_500, seconds);
    const memory = gateway.residentMb - memoryBefore;
    const recoveredMs = await untilSteady(performance.now(), 0);
    const good = many.filter(isGood);
    const refused = many.filter(isRefusal);
    report('answered to 64 connections', some.length / seconds, 'calls/s', '-');
    report('answered to 1,500 connections', good.length / seconds, 'calls/s', 'measured');
    report('refused of them', refused.length / seconds, 'calls/s', '-');
    report('answered in, median', median(good.map(({ ms }) => ms)), 'ms', '-');
    report(
      'answered in, p99',
      quantile(
        good.map(({ ms }) => ms),
        0.99,
      ),
      'ms',
      'measured',
    );
    if (refused.length > 0)
      report(
        'refused in, p99',
        quantile(
          refused.map(({ ms }) => ms),
          0.99,
        ),
        'ms',
        'measured',
      );
    report('memory more', memory, 'MB', '<= 256 MB');
    report('as quick as before, after', recoveredMs, 'ms', `<= ${RECOVERED_WITHIN_MS} ms`);
    expect(many.every((answer) => isGood(answer) || isRefusal(answer))).toBe(true);
    expect(refused.every(({ retryAfter }) => retryAfter === '1')).toBe(true);
    // Generator, upstream and gateway share the machine: half tells a collapse from noise.
    expect(good.length).toBeGreaterThan(some.length / 2);
    expect(memory).toBeLessThanOrEqual(256);
    expect(recoveredMs).toBeLessThanOrEqual(RECOVERED_WITHIN_MS);
  } finally {
    generator.disconnect();
  }
});
