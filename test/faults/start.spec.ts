import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, inject, it } from 'vitest';
import { report } from '../support/figures.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { createDatabase, freePort } from '../support/postgres-server.js';
import { until } from '../support/until.js';

/** What is promised, and what the database engine alone takes of it, on a machine that does nothing else. */
const FIRST = { promisedMs: 10_000, engineMs: 4_500 };
const AGAIN = { promisedMs: 3_000, engineMs: 700 };

const ROOT = new URL('../..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'pllm-start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Opens the embedded engine in a process that does nothing else. */
function openEngine(): number {
  const script = `import('@electric-sql/pglite').then(async ({ PGlite }) => {
    const started = performance.now();
    await (await PGlite.create(process.argv[1])).close();
    process.stdout.write(String(performance.now() - started));
    process.exit(0);
  })`;
  const args = ['-e', script, join(folder, 'engine')];
  return Number(spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }).stdout);
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined);
  return answer?.status === 200;
}

it('is ready soon after its start', { timeout: 120_000 }, async () => {
  const PLLM_DATA_DIR = join(folder, 'data');
  const postgresUrl = inject('postgresUrl');
  const DATABASE_URL = postgresUrl && (await createDatabase({ url: postgresUrl }));
  const start = async (): Promise<number> => {
    const port = await freePort();
    const started = performance.now();
    const gateway = GatewayProcess.launch({ PLLM_DATA_DIR, DATABASE_URL, PORT: String(port) });
    await until(() => isReady(port), 60_000);
    const took = performance.now() - started;
    await gateway.isUp();
    gateway.signal('SIGTERM');
    await gateway.ended();
    return took;
  };
  /** How much longer than promised; a machine that is busy is as much slower for the engine alone. */
  const measure = async (what: string, { promisedMs, engineMs }: typeof FIRST): Promise<number> => {
    const engine = openEngine();
    const took = await start();
    report(`${what}: the engine alone`, engine, 'ms', `${engineMs} ms on a quiet machine`);
    report(`${what}: start to ready`, took, 'ms', `<= ${promisedMs} ms on a quiet machine`);
    return took / (promisedMs * Math.max(1, engine / engineMs));
  };
  expect(await measure('first time', FIRST)).toBeLessThanOrEqual(1);
  const later = [await measure('again', AGAIN), await measure('again', AGAIN), await measure('again', AGAIN)];
  expect(Math.min(...later)).toBeLessThanOrEqual(1);
});
