import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { MASTER_KEY } from '../support/gateway.js';
import { createDatabase } from '../support/postgres-server.js';
import { until } from '../support/until.js';

/** What docs/operations.md says of backups, done as it says it. */
const PROVIDER_SECRET = 'sk-upstream-0f3b7c55d1a94e62';
const PATIENCE = { timeout: 120_000 };

const postgresUrl = inject('postgresUrl');
let sandbox: Sandbox;
let folder: string;
let running: GatewayProcess[] = [];

beforeAll(async () => {
  sandbox = await startSandbox();
  folder = mkdtempSync(join(tmpdir(), 'pllm-backup-'));
});
afterEach(async () => {
  await Promise.all(running.map((gateway) => gateway.stop()));
  running = [];
});
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

const dir = (name: string): string => join(folder, name);

function launch(name: string, databaseUrl?: string): GatewayProcess {
  const env = { PLLM_DATA_DIR: dir(name), DATABASE_URL: databaseUrl, PLLM_MASTER_KEY: MASTER_KEY };
  const gateway = GatewayProcess.launch(env);
  running.push(gateway);
  return gateway;
}

async function start(name: string, databaseUrl?: string): Promise<GatewayProcess> {
  const gateway = launch(name, databaseUrl);
  await gateway.isUp();
  return gateway;
}

/** A provider with a secret, a model, a key and one call with it, whose record is in the database. */
async function use(gateway: GatewayProcess): Promise<{ key: string; requestId: string }> {
  const provider = { name: 'upstream', type: 'openai-compatible', base_url: sandbox.url };
  await gateway.admin('POST', '/providers', { ...provider, api_key: PROVIDER_SECRET });
  await gateway.admin('POST', '/models', { id: 'kept', targets: [{ provider: 'upstream', model: 'any' }] });
  const { key } = (await gateway.admin('POST', '/keys', { name: 'kept' })) as { key: string };
  const requestId = await chat(gateway, key);
  await until(() => gateway.admin('GET', `/requests/${requestId}`).catch(() => undefined));
  return { key, requestId };
}

async function chat(gateway: GatewayProcess, key: string): Promise<string> {
  const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'kept', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  expect(answer.status, await answer.text()).toBe(200);
  return answer.headers.get('x-request-id') ?? '';
}

async function expectAllOfIt(
  gateway: GatewayProcess,
  { key, requestId }: { key: string; requestId: string },
) {
  sandbox.ledger.clear();
  await chat(gateway, key);
  expect(sandbox.ledger.requests[0]?.headers.authorization).toBe(`Bearer ${PROVIDER_SECRET}`);
  expect(await gateway.admin('GET', `/requests/${requestId}`)).toMatchObject({ request_id: requestId });
}

function run(command: string, args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  expect(status, `${command}: ${stderr}`).toBe(0);
}

describe.skipIf(!postgresUrl)('a backup of Postgres', () => {
  it(
    'restores keys, provider secrets and records, taken while calls go on, with secret.key',
    PATIENCE,
    async () => {
      const server = { url: postgresUrl ?? '' };
      const databaseUrl = await createDatabase(server);
      const gateway = await start('one', databaseUrl);
      const kept = await use(gateway);
      const dump = dir('pllm.dump');
      run('pg_dump', ['--format=custom', `--file=${dump}`, databaseUrl]);
      mkdirSync(dir('two'));
      cpSync(join(dir('one'), 'secret.key'), join(dir('two'), 'secret.key'));
      const restoredUrl = await createDatabase(server);
      run('pg_restore', ['--no-owner', '--exit-on-error', `--dbname=${restoredUrl}`, dump]);
      await expectAllOfIt(await start('two', restoredUrl), kept);

      // Without it nothing of what it closed can be opened, and the start says so.
      const without = launch('three', restoredUrl);
      expect(await without.ended()).toEqual({ code: 1, signal: null });
      expect(without.stderr).toContain('PLLM_SECRET_KEY is not the key that this database was set up with');
    },
  );
});

describe.skipIf(postgresUrl)('a backup of the embedded database', () => {
  it('is a copy of the data directory of a stopped gateway', PATIENCE, async () => {
    // A migrated one: making it takes seconds.
    cpSync(join(inject('embeddedTemplate'), 'database'), join(dir('one'), 'database'), { recursive: true });
    const gateway = await start('one');
    const kept = await use(gateway);
    gateway.signal('SIGTERM');
    expect(await gateway.ended()).toEqual({ code: 0, signal: null });
    run('tar', ['-C', dir('one'), '-cf', dir('backup.tar'), '.']);
    mkdirSync(dir('two'));
    run('tar', ['-C', dir('two'), '-xpf', dir('backup.tar')]);
    await expectAllOfIt(await start('two'), kept);
  });
});
