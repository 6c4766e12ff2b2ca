import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';

let bench: TestBench;

beforeAll(async () => {
  bench = await startBench({ OPENAI_API_KEY: 'sk-not-to-be-shown' });
  await bench.addModel('my-model', 'quick');
});
afterAll(() => bench.close());

const as = (key: string) => ({ authorization: `Bearer ${key}` });

describe('the system', () => {
  it('says what it is, how it is set up, and how its parts are', async () => {
    await bench.addKey();
    const { status, json, text } = await bench.request('GET', '/v1/admin/system', undefined, as(MASTER_KEY));
    expect(status).toBe(200);
    const kind = bench.databaseUrl === undefined ? 'embedded' : 'postgres';
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(json).toMatchObject({
      object: 'system',
      version,
      database: { kind, state: 'up' },
      redis: { state: 'off' },
      spool: { records: 0, files: 0, bytes: 0, oldest_at: null },
      breakers: [{ name: 'database', state: 'closed' }],
    });
    expect(json.keys).toBeGreaterThan(0);
    expect(json.changes.feeds.map(({ name }: { name: string }) => name)).toEqual(
      kind === 'embedded' ? [] : ['postgres'],
    );
    if (kind === 'embedded') expect(json.replicas).toBe(1);
    expect(json.settings).toContainEqual({ name: 'OPENAI_API_KEY', source: 'environment', value: null });
    expect(json.settings).toContainEqual({ name: 'PLLM_DRAIN_SECONDS', source: 'default', value: 30 });
    for (const secret of [MASTER_KEY, 'sk-not-to-be-shown', 'postgres@']) expect(text).not.toContain(secret);
  });

  it('reloads what it keeps in memory, and writes down who asked', async () => {
    const { status, json } = await bench.request(
      'POST',
      '/v1/admin/system/reload',
      undefined,
      as(MASTER_KEY),
    );
    expect(status).toBe(200);
    expect(json).toEqual({
      object: 'system.reload',
      keys: expect.any(Number),
      models: expect.any(Number),
      configuration: expect.objectContaining({ state: 'none' }),
    });
    expect(json.models).toBeGreaterThan(0);
    const [entry] = (await bench.admin('GET', '/audit')).data;
    expect(entry).toMatchObject({ actor: 'master', action: 'reload', object_type: 'system' });
  });

  it('is for operators: viewers read, members do not', async () => {
    const viewer = await bench.addKey({ role: 'viewer' });
    const member = await bench.addKey();
    const statusOf = async (method: string, path: string, key: string) =>
      (await bench.request(method, `/v1/admin${path}`, undefined, as(key))).status;
    expect(await statusOf('GET', '/system', viewer)).toBe(200);
    expect(await statusOf('POST', '/system/reload', viewer)).toBe(403);
    expect(await statusOf('GET', '/system', member)).toBe(403);
  });
});
