import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Drain } from '../../apps/gateway/src/health/drain.js';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';

const UP = { status: 'up' };
const PARTS = ['database', 'draining', 'migrations', 'snapshot'];

let bench: TestBench;

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

function expectNoAddress(text: string): void {
  const { port } = new URL(bench.sandbox.url);
  expect(text).not.toMatch(/https?:|postgres|127\.0\.0\.1|localhost|\/tmp|upstream/);
  expect(text).not.toContain(port);
}

describe('health', () => {
  it.each<Record<string, string>>([{}, { authorization: 'Bearer wrong' }])(
    'is the specification’s, for anybody: %j',
    async (headers) => {
      const { status, json, headers: answered } = await bench.request('GET', '/health', undefined, headers);
      expect(status).toBe(200);
      expect(answered.get('content-type')).toMatch(/^application\/json/);
      expect(answered.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
      expect(json).toEqual({
        status: 'healthy',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      });
      expect(Math.abs(Date.parse(json.timestamp) - Date.now())).toBeLessThan(60_000);
    },
  );
});

describe('readiness', () => {
  it('names the parts that are up, for anybody', async () => {
    const { status, json, text } = await bench.request('GET', '/ready');
    expect(status).toBe(200);
    expect(Object.keys(json)).toEqual(['status', 'info', 'error', 'details']);
    expect(json).toMatchObject({ status: 'ok', error: {} });
    expect(Object.keys(json.details).toSorted()).toEqual(PARTS);
    expect(json.info).toEqual(Object.fromEntries(PARTS.map((part) => [part, UP])));
    expectNoAddress(text);
  });

  it('is refused while the process stops, and health is not', async () => {
    bench.gateway.app.get(Drain).begin();
    const { status, json, text, headers } = await bench.request('GET', '/ready');
    expect(status).toBe(503);
    expect(json.status).toBe('error');
    expect(json.error).toEqual({ draining: { status: 'down', message: expect.any(String) } });
    expect(Object.keys(json.details).toSorted()).toEqual(PARTS);
    expect(headers.get('connection')).toBe('close');
    expectNoAddress(text);
    expect((await bench.request('GET', '/health')).status).toBe(200);
  });
});
