import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectError } from '../support/expect-error.js';
import { startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { recordOf } from '../support/records.js';
import { HELLO, StreamClient } from '../support/stream-client.js';
import { until } from '../support/until.js';

let bench: TestBench;
let key: string;

beforeAll(async () => {
  bench = await startBench();
  key = await bench.addKey();
});
afterAll(() => bench.close());
beforeEach(async () => {
  bench.sandbox.ledger.clear();
  await bench.admin('POST', '/system/reload');
});

const call = (model: string, headers: Record<string, string> = {}, body: object = {}): Promise<Answer> =>
  bench.request(
    'POST',
    '/v1/chat/completions',
    { model, messages: HELLO, ...body },
    { authorization: `Bearer ${key}`, ...headers },
  );

async function addModel(id: string, scripts: readonly string[], rest: object = {}): Promise<void> {
  const targets = scripts.map((model) => ({ provider: 'upstream', model }));
  await bench.admin('POST', '/models', { id, targets, ...rest });
}

/** The names of what the upstream was asked for, in order. */
const asked = (): string[] => bench.sandbox.ledger.requests.map(({ model }) => model.split(';')[0] ?? '');

describe('a strategy', () => {
  it('round-robin takes turns, by weight', async () => {
    const target = (model: string, weight: number) => ({ provider: 'upstream', model, weight });
    const targets = [target('rr-a', 2), target('rr-b', 1)];
    await bench.admin('POST', '/models', { id: 'in-turns', strategy: 'round-robin', targets });
    for (let count = 0; count < 6; count++) expect((await call('in-turns')).status).toBe(200);
    expect(asked()).toEqual(['rr-a', 'rr-b', 'rr-a', 'rr-a', 'rr-b', 'rr-a']);
  });

  it('lowest-cost asks the cheapest, and the others where it fails', async () => {
    const target = (model: string, dollars: string) => ({
      provider: 'upstream',
      model,
      price: { input_per_mtok: dollars, output_per_mtok: dollars },
    });
    const targets = [target('dear', '5'), target('cheap;status=500', '1'), target('fair', '2')];
    await bench.admin('POST', '/models', { id: 'frugal', strategy: 'lowest-cost', targets });
    expect((await call('frugal')).status).toBe(200);
    expect(asked()).toEqual(['cheap', 'fair']);
  });

  it('least-busy leaves alone who has much to do', async () => {
    await addModel('spread', ['busy-a;delay=400', 'busy-b;delay=400'], { strategy: 'least-busy' });
    await Promise.all([call('spread'), call('spread')]);
    expect(asked().sort()).toEqual(['busy-a', 'busy-b']);
  });
});

describe('fallbacks', () => {
  it('are asked when the targets are spent, and say who answered', async () => {
    await addModel('second-best', ['fallen-back']);
    await addModel('best', ['failing;status=500'], { fallbacks: ['second-best'] });
    const answer = await call('best');
    expect([answer.status, answer.headers.get('x-pllm-model')]).toEqual([200, 'second-best']);
    expect(answer.json.model).toBe('best');
    expect(asked()).toEqual(['failing', 'fallen-back']);
    const record = await recordOf(bench, answer.headers.get('x-request-id') ?? '');
    expect(record).toMatchObject({ model: 'best', upstream_model: 'fallen-back', attempts: 2 });
    const { decision } = await bench.admin('GET', `/requests/${record.request_id}`);
    expect(decision.plan).toMatchObject([{ model: 'best' }, { model: 'second-best' }]);
    expect(decision.attempts).toMatchObject([
      { upstream_model: 'failing;status=500', error: 'upstream_unavailable', upstream_status: 500 },
      { upstream_model: 'fallen-back', error: null, upstream_status: null },
    ]);
  });

  it('are not, where the client will not have them', async () => {
    const answer = await call('best', { 'x-pllm-fallbacks': 'none' });
    expect(answer.status).toBe(503);
    expect(new Set(asked())).toEqual(new Set(['failing']));
  });

  it('are not, where the key may not call them', async () => {
    const narrow = await bench.addKey({ models: ['best'] });
    const answer = await call('best', { authorization: `Bearer ${narrow}` });
    expect(answer.status).toBe(503);
    expect(asked()).not.toContain('fallen-back');
  });

  it('that are gone are passed over', async () => {
    await addModel('gone-soon', ['gone']);
    await addModel('trusting', ['failing;status=502'], { fallbacks: ['gone-soon', 'second-best'] });
    await bench.admin('DELETE', '/models/gone-soon');
    expect((await call('trusting')).headers.get('x-pllm-model')).toBe('second-best');
  });
});

describe('a target that fails', () => {
  it('is left alone after five times, and shown so', async () => {
    await addModel('ailing', ['ailing-a;status=500', 'ailing-b']);
    for (let count = 0; count < 8; count++) expect((await call('ailing')).status).toBe(200);
    expect(asked().filter((name) => name === 'ailing-a')).toHaveLength(5);
    await until(async () => {
      const { data } = await bench.admin('GET', '/models/stats');
      const stats = data.find(({ model }: { model: string }) => model === 'ailing');
      const states = stats.targets.map(({ model, state }: Record<string, string>) => [model, state]);
      return states.length === 2 && Object.fromEntries(states)['ailing-a;status=500'] === 'ejected';
    });
  });

  it('is asked all the same when there is nobody else', async () => {
    await addModel('alone', ['alone;status=500'], { retry: { attempts: 1 } });
    for (let count = 0; count < 8; count++) expect((await call('alone')).status).toBe(503);
    expect(asked()).toHaveLength(8);
  });

  it('with a Retry-After is left alone until then, and the client is told', async () => {
    await addModel('limited', ['limited;status=429;retry_after=30']);
    await call('limited');
    const answer = await call('limited');
    expectError(answer, { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(25);
    expect(asked()).toHaveLength(1);
  });

  it('is no victim of what clients do wrong', async () => {
    await addModel('blamed', ['blamed;status=400']);
    for (let count = 0; count < 8; count++) expect((await call('blamed')).status).toBe(400);
    expect(asked()).toHaveLength(8);
  });
});

describe('what a client asks of the gateway', () => {
  it('a time for all of the call', async () => {
    await addModel('late', ['late;delay=60000', 'never']);
    const answer = await call('late', { 'x-pllm-timeout-ms': '200' });
    expectError(answer, { status: 503, type: 'service_unavailable_error', code: 'deadline_exceeded' });
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(asked()).toEqual(['late']);
    await bench.sandbox.ledger.waitFor((entry) => entry.abortedAt !== undefined);
    const record = await recordOf(bench, answer.headers.get('x-request-id') ?? '');
    expect(record).toMatchObject({ status: 'error', error_code: 'deadline_exceeded' });
  });

  it('an open stream ends with an error frame when its time is up', async () => {
    await addModel('endless', ['endless;chunks=10000;gap=20']);
    const answer = await call('endless', { 'x-pllm-timeout-ms': '500' }, { stream: true });
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/data: \{"error":\{[^}]*"code":"deadline_exceeded"\}\}\n\n$/);
  });

  it.each([
    ['x-pllm-timeout-ms', 'soon'],
    ['x-pllm-fallbacks', 'all'],
  ])('%s: %s is a 400', async (name, value) => {
    const answer = await call('late', { [name]: value });
    expectError(answer, {
      status: 400,
      type: 'invalid_request_error',
      code: 'invalid_value',
      param: name,
    });
  });
});

describe('max_parallel of a provider', () => {
  it('holds, and the others wait for their turn', async () => {
    await bench.admin('POST', '/providers', {
      name: 'narrow',
      type: 'sandbox',
      base_url: bench.sandbox.url,
      max_parallel: 2,
    });
    const targets = [{ provider: 'narrow', model: 'narrow;delay=100' }];
    await bench.admin('POST', '/models', { id: 'narrow', targets });
    const startedAt = performance.now();
    const answers = await Promise.all(Array.from({ length: 6 }, () => call('narrow')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    // Three rounds of two.
    expect(performance.now() - startedAt).toBeGreaterThan(250);
  });

  it('is not waited for where another target is free', async () => {
    const targets = [
      { provider: 'narrow', model: 'crowded;chunks=10000;gap=20' },
      { provider: 'upstream', model: 'free' },
    ];
    await bench.admin('POST', '/models', { id: 'crowded', targets });
    const body = { model: 'crowded', stream: true };
    const clients = [1, 2].map(() => new StreamClient({ url: bench.url, key, body }));
    await Promise.all(clients.map((client) => client.received(1)));
    expect((await call('crowded')).status).toBe(200);
    expect(asked()).toEqual(['crowded', 'crowded', 'free']);
    for (const client of clients) client.leave();
  });

  it('lets go of who went away while waiting', async () => {
    const body = { model: 'narrow', stream: true };
    const clients = Array.from({ length: 4 }, () => new StreamClient({ url: bench.url, key, body }));
    await bench.sandbox.ledger.waitFor(({ model }) => model.startsWith('narrow'));
    for (const client of clients) client.leave();
    expect((await call('narrow')).status).toBe(200);
  });
});

describe('explain', () => {
  const explain = (id: string, body: object = {}) => bench.admin('POST', `/models/${id}/explain`, body);

  it('tells whom a call would ask, and calls nobody', async () => {
    const plan = await explain('frugal', { request: { messages: HELLO, max_tokens: 100 } });
    expect(plan).toMatchObject({ object: 'model.explanation', model: 'frugal', strategy: 'lowest-cost' });
    expect(plan.plan.map(({ upstream_model }: { upstream_model: string }) => upstream_model)).toEqual([
      'cheap;status=500',
      'fair',
      'dear',
    ]);
    expect(Number(plan.plan[2].expected_cost_usd)).toBeGreaterThan(Number(plan.plan[1].expected_cost_usd));
    expect(asked()).toEqual([]);
  });

  it('tells who is left alone, and why', async () => {
    for (let count = 0; count < 5; count++) await call('ailing');
    const { plan, passed_over } = await explain('ailing');
    expect(plan).toMatchObject([{ upstream_model: 'ailing-b' }]);
    expect(passed_over).toMatchObject([
      { upstream_model: 'ailing-a;status=500', reason: 'ejected', because: 'failures' },
    ]);
  });

  it('tells of fallbacks, and of names with slashes', async () => {
    await addModel('house/best', ['slashed'], { fallbacks: ['second-best'] });
    const { plan } = await explain('house/best');
    expect(plan).toMatchObject([
      { model: 'house/best' },
      { model: 'second-best', upstream_model: 'fallen-back' },
    ]);
  });

  it('of a model that is not there is a 404, and of no model is no URL', async () => {
    const ask = (path: string) =>
      bench.request('POST', `/v1/admin/models/${path}`, {}, { authorization: `Bearer ${key}` });
    expect((await ask('nobody/explain')).status).toBe(403);
    await expect(explain('nobody')).rejects.toThrow(/404/);
    await expect(bench.admin('POST', '/models/frugal', {})).rejects.toThrow(/404/);
  });
});
