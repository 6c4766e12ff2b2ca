import OpenAI, { RateLimitError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { recordsOf } from '../support/records.js';
import { StreamClient } from '../support/stream-client.js';
import { until } from '../support/until.js';

let bench: TestBench;

beforeAll(async () => {
  bench = await startBench();
  await bench.addModel('quick', 'quick');
  await bench.addModel('slow', 'slow;delay=100');
  await bench.addModel('steady', 'steady;chunks=50;gap=50');
  await bench.addModel('broken', 'broken;status=400');
});
afterAll(() => bench.close());

const HELLO = [{ role: 'user', content: 'Hello!' }];
const as = (key: string) => ({ authorization: `Bearer ${key}` });
const chat = (key: string, model = 'quick', rest: object = {}): Promise<Answer> =>
  bench.request('POST', '/v1/chat/completions', { model, messages: HELLO, ...rest }, as(key));
const limited = (limits: object) => bench.addKey({ limits });
const told = ({ headers }: Answer, what: 'requests' | 'tokens') =>
  ['limit', 'remaining', 'reset'].map((word) => headers.get(`x-ratelimit-${word}-${what}`));

describe('requests per minute', () => {
  it('are admitted up to the limit, and no more', async () => {
    const key = await limited({ rpm: 3 });
    for (const remaining of ['2', '1', '0']) {
      const answer = await chat(key);
      expect(answer.status).toBe(200);
      expect(told(answer, 'requests')).toEqual([
        '3',
        remaining,
        expect.stringMatching(/^(59\.\d+s|1m0(\.\d+)?s)$/),
      ]);
      expect(told(answer, 'tokens')).toEqual([null, null, null]);
    }
    const { status, headers, json } = await chat(key);
    expect([status, json.error.type, json.error.code]).toEqual([
      429,
      'rate_limit_error',
      'rate_limit_exceeded',
    ]);
    expect(json.error.message).toMatch(
      /the key 'key_\w+': 3 requests per minute \(rpm\)\. Please try again in /,
    );
    const waitMs = Number(headers.get('retry-after-ms'));
    expect(waitMs).toBeGreaterThan(50_000);
    expect(waitMs).toBeLessThanOrEqual(60_100);
    expect(headers.get('retry-after')).toBe(String(Math.ceil(waitMs / 1_000)));
    expect(headers.get('x-ratelimit-remaining-requests')).toBe('0');
  });

  it('of many at once are as many', async () => {
    const key = await limited({ rpm: 20 });
    const answers = await Promise.all(Array.from({ length: 60 }, () => chat(key)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(40);
  });

  it('of a model are those of all its callers, under a pattern of all its names', async () => {
    await bench.addModel('few/*', '*', { limits: { rpm: 2 } });
    const [one, other] = [await bench.addKey(), await limited({ rpm: 100 })];
    expect((await chat(one, 'few/a')).headers.get('x-ratelimit-remaining-requests')).toBe('1');
    expect((await chat(other, 'few/b')).headers.get('x-ratelimit-remaining-requests')).toBe('0');
    const refused = await chat(other, 'few/c');
    expect([refused.status, refused.json.error.message]).toEqual([
      429,
      expect.stringContaining("the model 'few/*': 2 requests per minute"),
    ]);
    // The key was not charged for what its model refused.
    expect((await chat(other)).headers.get('x-ratelimit-remaining-requests')).toBe('98');
  });

  it('are those of every operation, the ones that fail and those in other words included', async () => {
    await bench.addModel('counted', 'counted');
    const key = await limited({ rpm: 7 });
    const post = (path: string, body: object) =>
      bench.request('POST', `/v1${path}`, { model: 'counted', ...body }, as(key));
    const answers = [
      await post('/embeddings', { input: 'a' }),
      await post('/completions', { prompt: 'a' }),
      await post('/moderations', { input: 'a' }),
      await post('/messages', { messages: HELLO, max_tokens: 5 }),
      await post('/messages/count_tokens', { messages: HELLO }),
      await chat(key, 'broken'),
    ];
    expect(answers.map((answer) => told(answer, 'requests')[1])).toEqual(['6', '5', '4', '3', '2', '1']);
    expect(
      (await bench.request('GET', '/v1/models', undefined, as(key))).headers.get(
        'x-ratelimit-limit-requests',
      ),
    ).toBe(null);
    expect((await chat(key)).status).toBe(200);
    const refused = await post('/messages', { messages: HELLO, max_tokens: 5 });
    expect([refused.status, refused.json.error.type]).toEqual([429, 'rate_limit_error']);
    expect((await post('/messages/count_tokens', { messages: HELLO })).status).toBe(429);
    const records = await recordsOf(bench, 'counted', 6);
    expect(records[0]).toMatchObject({ operation: 'count_tokens', http_status: 429, attempts: 0 });
  });

  it('that are refused are recorded, and ask no upstream', async () => {
    await bench.addModel('once', 'once', { limits: { rpm: 1 } });
    const key = await bench.addKey();
    await chat(key, 'once');
    await chat(key, 'once');
    const [refused] = await recordsOf(bench, 'once', 2);
    expect(refused).toMatchObject({
      status: 'error',
      http_status: 429,
      error_code: 'rate_limit_exceeded',
      attempts: 0,
    });
    expect(bench.sandbox.ledger.requests.filter(({ model }) => model === 'once')).toHaveLength(1);
  });

  it('are changed at once, and not bounded where nothing is said', async () => {
    const { id, key } = await bench.admin('POST', '/keys', { name: 'k', limits: { rpm: 1 } });
    const change = (limits: object | null) => bench.admin('PATCH', `/keys/${id}`, { limits });
    await chat(key);
    expect((await chat(key)).status).toBe(429);
    await change({ rpm: 2 });
    expect((await chat(key)).status).toBe(200);
    expect((await chat(key)).status).toBe(429);
    expect((await change(null)).limits).toEqual({});
    const free = await chat(key);
    expect([free.status, ...told(free, 'requests')]).toEqual([200, null, null, null]);
    await bench.admin('PATCH', '/models/quick', { limits: { rpm: 1_000 } });
    expect((await chat(key)).headers.get('x-ratelimit-limit-requests')).toBe('1000');
    await bench.admin('PATCH', '/models/quick', { limits: null });
  });
});

describe('calls at the same time', () => {
  it('of 50 that are sent never reach the upstream as 11', async () => {
    const key = await limited({ parallel: 10 });
    bench.sandbox.ledger.clear();
    const answers = await Promise.all(Array.from({ length: 50 }, () => chat(key, 'slow')));
    const passed = answers.filter(({ status }) => status === 200);
    expect(passed.length).toBeGreaterThanOrEqual(10);
    expect(bench.sandbox.ledger.peak).toBeLessThanOrEqual(10);
    const refused = answers.find(({ status }) => status === 429);
    expect([refused?.json.error.message, refused?.headers.get('retry-after')]).toEqual([
      expect.stringContaining('10 calls at the same time (parallel)'),
      '1',
    ]);
    expect((await chat(key, 'slow')).status).toBe(200);
  });

  it('have their place back however they end', async () => {
    const key = await limited({ parallel: 1 });
    expect((await chat(key, 'broken')).status).toBe(400);
    const client = new StreamClient({
      url: bench.url,
      key,
      body: { model: 'steady', messages: HELLO, stream: true },
    });
    await until(() => client.text.includes('data:'));
    expect((await chat(key)).status).toBe(429);
    client.leave();
    await until(async () => (await chat(key)).status === 200);
  });
});

describe('tokens per minute', () => {
  it('are estimated when a call comes, and corrected when it is over', async () => {
    const key = await limited({ tpm: 1_000 });
    const first = await chat(key, 'quick', { max_tokens: 900 });
    expect(first.status).toBe(200);
    expect(told(first, 'tokens').slice(0, 1)).toEqual(['1000']);
    expect(Number(told(first, 'tokens')[1])).toBeLessThan(100);
    const used = first.json.usage.total_tokens;
    const second = await chat(key, 'quick', { max_tokens: 900 });
    expect(second.status).toBe(200);
    expect(Number(told(second, 'tokens')[1])).toBeLessThanOrEqual(1_000 - used - 900);
    expect((await chat(key, 'quick', { max_tokens: 990 })).status).toBe(429);
  });

  it('that were more than was thought count all the same', async () => {
    await bench.addModel('long', 'long;chunks=300');
    const key = await limited({ tpm: 200 });
    expect((await chat(key, 'long', { stream: true })).status).toBe(200);
    const { status, json, headers } = await chat(key);
    expect([status, json.error.message]).toEqual([
      429,
      expect.stringContaining('200 tokens per minute (tpm)'),
    ]);
    expect(headers.get('x-ratelimit-remaining-tokens')).toBe('0');
    expect(Number(headers.get('retry-after-ms'))).toBeGreaterThan(50_000);
  });
});

describe("the official client's eyes", () => {
  it('see the limits of whole answers, of streams and of refusals', async () => {
    const client = new OpenAI({
      apiKey: await limited({ rpm: 2, tpm: 10_000 }),
      baseURL: `${bench.url}/v1`,
      maxRetries: 0,
    });
    const messages = [{ role: 'user' as const, content: 'Hello!' }];
    const whole = await client.chat.completions.create({ model: 'quick', messages }).withResponse();
    expect(whole.response.headers.get('x-ratelimit-remaining-requests')).toBe('1');
    expect(whole.response.headers.get('x-ratelimit-limit-tokens')).toBe('10000');
    const streamed = await client.chat.completions
      .create({ model: 'quick', messages, stream: true })
      .withResponse();
    for await (const chunk of streamed.data) expect(chunk.object).toBe('chat.completion.chunk');
    expect(streamed.response.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    const error: unknown = await client.chat.completions
      .create({ model: 'quick', messages })
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(RateLimitError);
    expect((error as RateLimitError).code).toBe('rate_limit_exceeded');
    expect((error as RateLimitError).headers?.get('x-ratelimit-limit-requests')).toBe('2');
    expect((error as RateLimitError).headers?.get('retry-after-ms')).toMatch(/^\d+$/);
  });
});
