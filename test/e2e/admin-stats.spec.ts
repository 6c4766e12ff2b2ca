import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { badRequest, expectError } from '../support/expect-error.js';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { recordOf, recordsOf } from '../support/records.js';

interface Stats {
  readonly object: string;
  readonly window: { from: string; to: string };
  readonly data: {
    model: string;
    requests: number;
    latency_ms: Record<string, number | null>;
    targets: object[];
  }[];
}

let bench: TestBench;
let narrow: string;
let wide: string;

const as = (key: string) => ({ authorization: `Bearer ${key}` });
const MASTER = as(MASTER_KEY);
const NOTHING = { avg: null, p50: null, p95: null, p99: null };
const FIGURES = {
  avg: expect.any(Number),
  p50: expect.any(Number),
  p95: expect.any(Number),
  p99: expect.any(Number),
};

const chat = (model: string, key: string, stream = false): Promise<Answer> =>
  bench.request(
    'POST',
    '/v1/chat/completions',
    { model, stream, messages: [{ role: 'user', content: 'Hello!' }] },
    as(key),
  );
const stats = async (headers = MASTER, query = ''): Promise<Stats> =>
  (await bench.request('GET', `/v1/admin/models/stats${query}`, undefined, headers)).json;
const of = ({ data }: Stats, model: string) => data.find((one) => one.model === model);

beforeAll(async () => {
  bench = await startBench();
  await bench.addModel('my-gpt-4', 'gpt-upstream;delay=20');
  await bench.addModel('failing', 'gpt-upstream;status=500');
  await bench.addModel('idle', 'gpt-upstream');
  await bench.addModel('any/*', '*');
  await bench.admin('POST', '/models', {
    id: 'flaky',
    targets: [
      { provider: 'upstream', model: 'gpt-a;status=500', priority: 0 },
      { provider: 'upstream', model: 'gpt-b', priority: 1 },
    ],
  });
  narrow = await bench.addKey({ models: ['my-*'] });
  wide = await bench.addKey();
  await chat('my-gpt-4', narrow);
  await chat('my-gpt-4', wide);
  await chat('my-gpt-4', wide, true);
  await chat('failing', wide);
  await chat('flaky', wide);
  await chat('any/name', wide);
  await recordsOf(bench, 'my-gpt-4', 3);
  await recordsOf(bench, 'any/name');
});
afterAll(() => bench.close());

describe('GET /v1/admin/models/stats', () => {
  it('says how each model did', async () => {
    const all = await stats();
    expect(all.object).toBe('list');
    expect(all.data.map(({ model }) => model)).toEqual(['any/name', 'failing', 'flaky', 'idle', 'my-gpt-4']);
    expect(of(all, 'my-gpt-4')).toEqual({
      model: 'my-gpt-4',
      requests: 3,
      errors: 0,
      error_rate: 0,
      cancelled: 0,
      prompt_tokens: 12,
      completion_tokens: 24,
      cost_usd: null,
      unpriced: 3,
      latency_ms: FIGURES,
      time_to_first_token_ms: FIGURES,
      tokens_per_second: expect.any(Number),
      targets: [
        {
          provider: 'upstream',
          model: 'gpt-upstream;delay=20',
          state: 'healthy',
          requests: 3,
          errors: 0,
          latency_ms: FIGURES,
        },
      ],
    });
    const { p50, p95, p99 } = of(all, 'my-gpt-4')?.latency_ms ?? {};
    expect(Number(p50)).toBeGreaterThanOrEqual(19);
    expect([p50, p95, p99]).toEqual([p50, p95, p99].toSorted((one, other) => Number(one) - Number(other)));
  });

  it('counts failures, and the target that was asked last', async () => {
    const all = await stats();
    expect(of(all, 'failing')).toMatchObject({
      requests: 1,
      errors: 1,
      error_rate: 1,
      latency_ms: NOTHING,
      tokens_per_second: null,
    });
    expect(of(all, 'flaky')).toMatchObject({ requests: 1, errors: 0 });
    expect(of(all, 'flaky')?.targets).toMatchObject([
      { model: 'gpt-b', requests: 1 },
      { model: 'gpt-a;status=500', requests: 0, latency_ms: NOTHING },
    ]);
  });

  it('has models that nobody called', async () => {
    const idle = { requests: 0, errors: 0, error_rate: 0, prompt_tokens: 0, latency_ms: NOTHING };
    expect(of(await stats(), 'idle')).toMatchObject({
      ...idle,
      targets: [{ model: 'gpt-upstream', requests: 0 }],
    });
  });

  it('is of the window that was asked for', async () => {
    const hour = 60 * 60 * 1000;
    const iso = (at: number): string => encodeURIComponent(new Date(at).toISOString());
    const { window } = await stats();
    expect(Date.parse(window.to) - Date.parse(window.from)).toBe(24 * hour);
    const before = await stats(MASTER, `?from=${iso(Date.now() - 2 * hour)}&to=${iso(Date.now() - hour)}`);
    expect(before.data.map(({ requests }) => requests)).toEqual([0, 0, 0, 0]);
    const since = await stats(MASTER, `?from=${iso(Date.now() - hour)}`);
    expect(of(since, 'my-gpt-4')?.requests).toBe(3);
    const answer = await bench.request('GET', '/v1/admin/models/stats?from=yesterday', undefined, MASTER);
    expectError(answer, badRequest('invalid_value', 'from'));
    const unknown = await bench.request('GET', '/v1/admin/models/stats?model=x', undefined, MASTER);
    expectError(unknown, badRequest('unknown_parameter', 'model'));
  });

  it('is for a member of the models it may call, with everybody’s calls', async () => {
    const { data } = await stats(as(narrow));
    expect(data.map(({ model, requests }) => [model, requests])).toEqual([['my-gpt-4', 3]]);
    const viewer = await bench.addKey({ role: 'viewer' });
    expect((await stats(as(viewer))).data).toHaveLength(5);
  });

  it('is not the name of a model', async () => {
    const body = { id: 'stats', targets: [{ provider: 'upstream', model: 'x' }] };
    expectError(
      await bench.request('POST', '/v1/admin/models', body, MASTER),
      badRequest('invalid_value', 'id'),
    );
  });
});

describe('a member', () => {
  const requests = (key: string, query = '') =>
    bench.request('GET', `/v1/admin/requests${query}`, undefined, as(key));

  it('reads its own records, and no other', async () => {
    const { json: own } = await requests(narrow);
    expect(own.data).toHaveLength(1);
    const { data: all } = await bench.admin('GET', '/requests?model=my-gpt-4');
    const foreign = all.find(({ key }: { key: string }) => key !== own.data[0].key);
    expect((await requests(narrow, `?key=${foreign.key}`)).json.data).toEqual([]);
    expect((await requests(narrow, `?key=${own.data[0].key}`)).json.data).toEqual(own.data);
    const read = (id: string) => bench.request('GET', `/v1/admin/requests/${id}`, undefined, as(narrow));
    expect((await read(own.data[0].request_id)).json).toEqual({ ...own.data[0], decision: null });
    const notFound = { status: 404, type: 'invalid_request_error', code: 'not_found' };
    expectError(await read(foreign.request_id), notFound);
    expectError(await read('req_missing'), notFound);
  });

  it.each(['/keys', '/providers', '/models', '/models/my-gpt-4', '/audit'])(
    'may not read %s',
    async (path) => {
      const answer = await bench.request('GET', `/v1/admin${path}`, undefined, as(narrow));
      expectError(answer, { status: 403, type: 'permission_error', code: 'insufficient_permissions' });
    },
  );
});

describe('a record', () => {
  it('counts images, seconds and characters', async () => {
    await bench.addModel('dall-e-3', 'image-upstream;usage=none');
    await bench.addModel('whisper-1', 'whisper-upstream');
    await bench.addModel('tts-1', 'tts-upstream');
    const post = (path: string, body: object) => bench.request('POST', `/v1/${path}`, body, as(wide));
    const image = await post('images/generations', { model: 'dall-e-3', prompt: 'A cat', n: 3 });
    const speech = await post('audio/speech', { model: 'tts-1', input: 'Hello wörld', voice: 'alloy' });
    const form = new FormData();
    form.append('file', new Blob([Buffer.alloc(40_000)]), 'a.wav');
    form.append('model', 'whisper-1');
    const transcript = await fetch(`${bench.url}/v1/audio/transcriptions`, {
      method: 'POST',
      headers: as(wide),
      body: form,
    });
    const record = ({ headers }: { headers: Headers }) => recordOf(bench, headers.get('x-request-id') ?? '');
    expect(await record(image)).toMatchObject({ operation: 'image_generations', images: 3 });
    expect(await record(speech)).toMatchObject({ operation: 'speech', characters: 11 });
    expect(await record(transcript)).toMatchObject({ operation: 'transcriptions', audio_seconds: 3 });
  });
});
