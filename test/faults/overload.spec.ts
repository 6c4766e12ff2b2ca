import { setTimeout as sleep } from 'node:timers/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { quantile, report } from '../support/figures.js';
import { MASTER_KEY } from '../support/gateway.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { startSandboxProcess } from '../support/sandbox-process.js';
import { SteadyLoad } from '../support/steady-load.js';
import type { LoadedCall } from '../support/steady-load.js';

/** So many calls at once, each of 200 ms: 200 a second. */
const MOST = 40;
const CAPACITY = MOST / 0.2;
const SECONDS = 5;

let folder: string;
let sandbox: Awaited<ReturnType<typeof startSandboxProcess>>;
let gateway: GatewayProcess;
let key: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pllm-overload-'));
  sandbox = await startSandboxProcess();
  gateway = await GatewayProcess.start({
    PLLM_DATA_DIR: folder,
    PLLM_MASTER_KEY: MASTER_KEY,
    PLLM_MAX_IN_FLIGHT: String(MOST),
  });
  await gateway.admin('POST', '/providers', { name: 'upstream', type: 'sandbox', base_url: sandbox.url });
  const targets = [{ provider: 'upstream', model: 'slow;delay=200' }];
  await gateway.admin('POST', '/models', { id: 'slow', targets });
  ({ key } = await gateway.admin('POST', '/keys', { name: 'load' }));
});
afterAll(async () => {
  gateway.signal('SIGTERM');
  await gateway.ended();
  sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function load(rate: number, seconds: number): Promise<readonly LoadedCall[]> {
  const steady = new SteadyLoad({ url: gateway.url, key, model: 'slow', rate });
  await sleep(seconds * 1_000);
  return steady.stop();
}

const answered = (calls: readonly LoadedCall[]) => calls.filter(({ status }) => status === 200);

it('four times of what can be carried: as many are answered, the others are refused at once', async () => {
  await load(CAPACITY, 2);
  const peak = answered(await load(CAPACITY, SECONDS)).length;
  const calls = await load(4 * CAPACITY, SECONDS);
  const goodput = answered(calls).length / peak;
  const refused = calls.filter(({ status }) => status === 503);
  const late = quantile(
    refused.map(({ ms }) => ms),
    0.99,
  );
  report('goodput under four times the load', goodput * 100, '%', '>= 90 %');
  report('refusals', refused.length, '', 'the rest');
  report('a refusal takes (p99)', late, 'ms', '<= 50 ms');
  expect(goodput).toBeGreaterThanOrEqual(0.9);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length + answered(calls).length).toBe(calls.length);
  expect(late).toBeLessThanOrEqual(50);
  const { ms } = await recovery();
  report('after it, all calls are answered again within', ms, 'ms', '<= 5,000 ms');
  expect(ms).toBeLessThanOrEqual(5_000);
});

/** How long until a second of half the load has no refusal. */
async function recovery(): Promise<{ ms: number }> {
  const from = performance.now();
  for (;;) {
    const ms = performance.now() - from;
    const calls = await load(CAPACITY / 2, 1);
    if (answered(calls).length === calls.length || ms > 10_000) return { ms };
  }
}
