import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Database } from '#persistence';
import { readConfig } from '../../apps/gateway/src/config/config.js';
import { startGateway } from '../../apps/gateway/src/gateway.js';
import type { Gateway } from '../../apps/gateway/src/gateway.js';
import { rotateSecretKey } from '../../apps/gateway/src/rotate-secret-key.js';
import { MASTER_KEY, UPSTREAM_KEY, startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { call } from '../support/replica-bench.js';
import { until } from '../support/until.js';

vi.setConfig({ testTimeout: 60_000 });

const [one, two] = [1, 2].map(() => randomBytes(32).toString('base64')) as [string, string];
let bench: TestBench;
let gateway: Gateway;
let key: string;

const config = (extra: Record<string, string> = {}) =>
  readConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    PLLM_DATA_DIR: bench.dataDir,
    DATABASE_URL: bench.databaseUrl,
    PLLM_MASTER_KEY: MASTER_KEY,
    PLLM_LOG_LEVEL: 'silent',
    PLLM_DRAIN_DELAY_SECONDS: '0',
    PLLM_METRICS_PORT: 'off',
    ...extra,
  });

/** The client's key and the provider's credential are what they were. */
async function expectAllOfIt(): Promise<void> {
  bench.sandbox.ledger.clear();
  expect((await call(gateway, key)).status).toBe(200);
  expect(bench.sandbox.ledger.requests[0]?.headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`);
}

async function admin(method: string, path: string, body?: object) {
  const answer = await fetch(`${gateway.url}/v1/admin${path}`, {
    method,
    headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  return JSON.parse(text);
}

beforeAll(async () => {
  bench = await startBench({ PLLM_SECRET_KEY: one });
  ({ gateway } = bench);
  await bench.addModel('quick', 'quick');
  key = await bench.addKey();
  await gateway.stop();
});
afterAll(async () => {
  await gateway.stop();
  await bench.close();
});

describe('another secret key', () => {
  it('opens what there was, when it comes with the one before', async () => {
    gateway = await startGateway(config({ PLLM_SECRET_KEY: two, PLLM_SECRET_KEY_PREVIOUS: one }));
    await expectAllOfIt();
    const { data } = await admin('GET', '/audit?limit=1');
    expect(data).toMatchObject([
      {
        actor: 'gateway',
        action: 'rewrap',
        object_type: 'wrapped_key',
        object_id: 'pepper,secrets,webhooks',
      },
    ]);
    await gateway.stop();
  });

  it('is drawn by --rotate-secret-key where it was generated', async () => {
    await expect(rotateSecretKey(config({ PLLM_SECRET_KEY: two }))).rejects.toThrow(
      'PLLM_SECRET_KEY is given',
    );
    await expect(rotateSecretKey(config())).rejects.toThrow('is not there');
    // From a given key to one in a file, as an operator may.
    gateway = await startGateway(config({ PLLM_SECRET_KEY_PREVIOUS: two }));
    await gateway.stop();
    const path = join(bench.dataDir, 'secret.key');
    const before = readFileSync(path, 'utf8');
    expect(await rotateSecretKey(config())).toEqual([expect.stringContaining(path)]);
    expect(readFileSync(path, 'utf8')).not.toBe(before);
    expect(existsSync(`${path}.previous`)).toBe(false);
    gateway = await startGateway(config());
    await expectAllOfIt();
  });
});

describe('the keys of the database', () => {
  it('are rotated by the master while calls go on', async () => {
    const { key: adminKey } = await admin('POST', '/keys', { name: 'admin', role: 'admin' });
    const refused = await fetch(`${gateway.url}/v1/admin/system/rotate-keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ which: 'secrets' }),
    });
    expect(refused.status).toBe(403);
    const { prisma } = gateway.app.get(Database);
    const before = await prisma.provider.findFirstOrThrow();
    expect(await admin('POST', '/system/rotate-keys', { which: 'secrets' })).toEqual({
      object: 'system.key_rotation',
      which: 'secrets',
      version: 2,
      resealed: 1,
    });
    const after = await prisma.provider.findFirstOrThrow();
    expect([after.sealed[0], after.updatedAt]).toEqual([2, before.updatedAt]);
    expect((await admin('GET', '/audit?limit=1')).data).toMatchObject([
      { actor: 'master', action: 'rotate', object_type: 'wrapped_key', changes: { which: 'secrets' } },
    ]);
    await admin('POST', '/system/reload');
    await expectAllOfIt();
  });

  it('hash a key anew once it is presented', async () => {
    await admin('POST', '/system/rotate-keys', { which: 'pepper' });
    const underOld = async () => (await admin('GET', '/system')).secret_keys[1];
    expect(await underOld()).toEqual({ name: 'pepper', version: 2, under_old: 2 });
    await admin('POST', '/system/reload');
    await expectAllOfIt();
    await until(async () => (await underOld()).under_old === 1);
    await admin('POST', '/system/reload');
    await expectAllOfIt();
  });
});

describe('the secret of webhooks', () => {
  it('is shown to admins, and rotated beside the one before', async () => {
    const { secret, previous } = await admin('GET', '/system/webhook-secret');
    expect([secret, previous]).toEqual([expect.stringMatching(/^whsec_[\w+/]{43}=$/), []]);
    const { key: viewer } = await admin('POST', '/keys', { name: 'viewer', role: 'viewer' });
    const refused = await fetch(`${gateway.url}/v1/admin/system/webhook-secret`, {
      headers: { authorization: `Bearer ${viewer}` },
    });
    expect(refused.status).toBe(403);
    await admin('POST', '/system/rotate-keys', { which: 'webhooks' });
    const rotated = await admin('GET', '/system/webhook-secret');
    expect(rotated).toEqual({
      object: 'system.webhook_secret',
      secret: expect.stringMatching(/^whsec_/),
      previous: [secret],
    });
    expect(rotated.secret).not.toBe(secret);
  });
});

describe('what is sealed', () => {
  it('does not open in another row', async () => {
    const { prisma } = gateway.app.get(Database);
    const { sealed } = await prisma.provider.findFirstOrThrow();
    const other = { name: 'other', type: 'sandbox', base_url: bench.sandbox.url };
    const { id } = await admin('POST', '/providers', other);
    await prisma.provider.update({ where: { id }, data: { sealed } });
    await expect(admin('POST', `/providers/${id}/test`)).rejects.toThrow('500');
    await prisma.provider.delete({ where: { id } });
    expect(await admin('POST', '/system/reload')).toMatchObject({ object: 'system.reload' });
  });
});
