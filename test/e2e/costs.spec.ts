import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { recordOf, recordsOf } from '../support/records.js';
import type { ShownRecord } from '../support/records.js';
import { HELLO, StreamClient } from '../support/stream-client.js';
import { wavOf } from '../support/wav.js';

/** Odd prices, so that no two sums are the same by chance; in nano-dollars for one unit, and as they are set. */
const NANOS = {
  prompt: 1_037n,
  completion: 4_111n,
  image: 40_000_007n,
  second: 100_003n,
  character: 15_013n,
};
const PRICE = {
  input_per_mtok: '1.037',
  output_per_mtok: '4.111',
  per_image: '0.040000007',
  per_second: '0.000100003',
  per_character: '0.000015013',
};

let bench: TestBench;
let key: string;

beforeAll(async () => {
  bench = await startBench();
  key = await bench.addKey();
});
afterAll(() => bench.close());

const priced = async (script: string, firstByteMs = 30_000): Promise<string> => {
  const name = `m-${script}`;
  const timeouts = { first_byte_ms: firstByteMs, idle_ms: 1_000 };
  await bench.addModel(name, script, { price: PRICE, timeouts });
  return name;
};

/** What a record must cost, from its counts alone. */
function costOf(record: ShownRecord): string {
  const sum =
    BigInt(record.prompt_tokens) * NANOS.prompt +
    BigInt(record.completion_tokens) * NANOS.completion +
    BigInt(record.images) * NANOS.image +
    BigInt(record.audio_seconds) * NANOS.second +
    BigInt(record.characters) * NANOS.character;
  const text = `${sum / 1_000_000_000n}.${String(sum % 1_000_000_000n).padStart(9, '0')}`;
  return text.replace(/\.?0+$/, '') || '0';
}

const NOTHING = { prompt_tokens: 0, completion_tokens: 0, images: 0, audio_seconds: 0, characters: 0 };

interface Route {
  readonly operation: string;
  readonly path: string;
  /** A body, or the fields of a form. */
  readonly body: object;
  readonly isForm?: boolean;
  /** What the sandbox counts of it, whole and streamed; null: it cannot be streamed. */
  readonly whole: Partial<typeof NOTHING>;
  readonly streamed: Partial<typeof NOTHING> | null;
}

const FILE = new Blob([Buffer.alloc(40_000)]);

/** The sandbox counts words, chunks, 16,000 bytes a second, and 5 + 16 tokens an image. */
const ROUTES: Route[] = [
  {
    operation: 'chat',
    path: 'chat/completions',
    body: { messages: HELLO },
    whole: { prompt_tokens: 4, completion_tokens: 6 },
    streamed: { prompt_tokens: 4, completion_tokens: 6 },
  },
  {
    operation: 'completions',
    path: 'completions',
    body: { prompt: 'one two three' },
    whole: { prompt_tokens: 3, completion_tokens: 6 },
    streamed: { prompt_tokens: 3, completion_tokens: 6 },
  },
  {
    operation: 'embeddings',
    path: 'embeddings',
    body: { input: ['one two', 'three'] },
    whole: { prompt_tokens: 3 },
    streamed: null,
  },
  {
    operation: 'image_generations',
    path: 'images/generations',
    body: { prompt: 'a cat', n: 2 },
    whole: { images: 2, prompt_tokens: 5, completion_tokens: 16 },
    streamed: { images: 1, prompt_tokens: 5, completion_tokens: 16 },
  },
  {
    operation: 'image_edits',
    path: 'images/edits',
    isForm: true,
    body: { prompt: 'a hat', image: FILE },
    whole: { images: 1, prompt_tokens: 5, completion_tokens: 16 },
    streamed: { images: 1, prompt_tokens: 5, completion_tokens: 16 },
  },
  {
    operation: 'image_variations',
    path: 'images/variations',
    isForm: true,
    body: { image: FILE },
    whole: { images: 1, prompt_tokens: 5, completion_tokens: 16 },
    streamed: null,
  },
  {
    operation: 'transcriptions',
    path: 'audio/transcriptions',
    isForm: true,
    body: { file: FILE },
    whole: { audio_seconds: 3 },
    // "Hello from the PLLM sandbox! I heard 40000 bytes."
    streamed: { prompt_tokens: 30, completion_tokens: 9 },
  },
  {
    operation: 'translations',
    path: 'audio/translations',
    isForm: true,
    body: { file: FILE },
    whole: { audio_seconds: 3 },
    streamed: null,
  },
  {
    operation: 'speech',
    path: 'audio/speech',
    body: { input: 'Hello wörld', voice: 'alloy' },
    whole: { characters: 11 },
    streamed: { characters: 11, prompt_tokens: 2, completion_tokens: 20 },
  },
];

async function ask({ path, body, isForm }: Route, model: string, stream: boolean): Promise<Response> {
  const streaming = !stream ? {} : path === 'audio/speech' ? { stream_format: 'sse' } : { stream: true };
  const fields = { model, ...body, ...streaming };
  const form = new FormData();
  if (isForm) {
    for (const [name, value] of Object.entries(fields))
      form.append(name, value instanceof Blob ? value : String(value));
  }
  const headers = { authorization: `Bearer ${key}`, ...(!isForm && { 'content-type': 'application/json' }) };
  const answer = await fetch(`${bench.url}/v1/${path}`, {
    method: 'POST',
    headers,
    body: isForm ? form : JSON.stringify(fields),
  });
  await answer.arrayBuffer().catch(() => {});
  return answer;
}

const recordFor = (answer: Response) => recordOf(bench, String(answer.headers.get('x-request-id')));

const CASES = ROUTES.flatMap((route) =>
  [false, true]
    .filter((stream) => !stream || route.streamed)
    .map((stream) => [route.operation, stream, route] as const),
);

/** At once, each with a model of its own: most of their time they wait for an upstream that is not there. */
describe.concurrent(
  'the record of each endpoint’s call agrees with the upstream to the token and the nano-dollar',
  () => {
    it.each(CASES)('%s, answered (streamed: %s)', async (operation, stream, route) => {
      const record = await recordFor(
        await ask(route, await priced(`ok-${operation}-${stream};chunks=6`), stream),
      );
      const expected = stream ? route.streamed : route.whole;
      expect(record).toMatchObject({
        operation,
        status: 'ok',
        usage_source: 'upstream',
        ...NOTHING,
        ...expected,
      });
      expect(record.cost_usd).toBe(costOf(record));
      expect(record.cost_usd).not.toBe('0');
    });

    it.each(CASES)(
      '%s, that the upstream refused, or did not answer (streamed: %s)',
      async (operation, stream, route) => {
        const scripts: [string, number, number?][] = [
          ['status=400', 400],
          ['status=500', 503],
          ['status=429', 429],
          ['delay=60000', 503, 1_000],
        ];
        const refuse = async ([script, status, firstByteMs]: [string, number, number?]): Promise<void> => {
          const model = await priced(`${operation}-${stream};${script}`, firstByteMs);
          const answer = await ask(route, model, stream);
          const expected = {
            operation,
            status: 'error',
            http_status: status,
            usage_source: 'none',
            ...NOTHING,
          };
          expect(await recordFor(answer)).toMatchObject({ ...expected, priced: true, cost_usd: '0' });
        };
        await Promise.all(scripts.map(refuse));
      },
    );
  },
);

describe('a stream that does not end well', () => {
  it.each([
    ['is cut', 'chunks=40;cut=12', 'error'],
    ['stands still', 'chunks=40;stall=12', 'error'],
    ['tells an error', 'chunks=40;error_after=12', 'error'],
  ])('%s: what was seen of it is estimated, and paid for', async (_, script, status) => {
    const model = await priced(`early;${script}`);
    const record = await recordFor(await ask(ROUTES[0] as Route, model, true));
    expect(record).toMatchObject({ status, http_status: 200, usage_source: 'partial' });
    expect(record.completion_tokens).toBeGreaterThan(4);
    expect(record.completion_tokens).toBeLessThan(40);
    expect(record.prompt_tokens).toBeGreaterThan(0);
    expect(record.cost_usd).toBe(costOf(record));
  });

  it('is left when all of its text is there, before its usage: that is no free ride', async () => {
    const model = await priced('left;chunks=40;gap=5');
    const client = new StreamClient({ url: bench.url, key, body: { model, stream: true } });
    await client.received(40);
    client.leave();
    const [record] = await recordsOf(bench, model);
    expect(record).toMatchObject({ usage_source: expect.stringMatching(/partial|upstream/) });
    expect(record?.completion_tokens).toBeGreaterThan(20);
    expect(record?.cost_usd).toBe(costOf(record as ShownRecord));
  });

  it.each([true, false])('is left before it begins (streamed: %s)', async (stream) => {
    const model = await priced(`mute-${stream};delay=900`);
    const client = new StreamClient({ url: bench.url, key, body: { model, stream } });
    await bench.sandbox.ledger.waitFor((entry) => entry.model.startsWith(`mute-${stream}`));
    client.leave();
    const [record] = await recordsOf(bench, model);
    expect(record).toMatchObject({
      status: 'cancelled',
      http_status: 499,
      usage_source: 'partial',
      completion_tokens: 0,
    });
    expect(record?.prompt_tokens).toBeGreaterThan(0);
    expect(record?.cost_usd).toBe(costOf(record as ShownRecord));
  });
});

describe('a transcript that is text alone', () => {
  const route = ROUTES.find(({ operation }) => operation === 'transcriptions') as Route;
  const hear = async (script: string, body: object, price: object = PRICE) => {
    await bench.addModel(script, script, { price });
    return recordFor(await ask({ ...route, body: { file: FILE, ...body } }, script, false));
  };
  const wav = new Blob([wavOf(3)]);

  it.each([
    ['text', wav, 3],
    ['srt', FILE, 3],
    ['vtt', FILE, 3],
  ])('is paid for by the seconds of its sound: %s', async (response_format, file, seconds) => {
    const record = await hear(`heard-${response_format}`, { response_format, file });
    expect(record).toMatchObject({
      status: 'ok',
      usage_source: 'estimated',
      ...NOTHING,
      audio_seconds: seconds,
    });
    expect(record.cost_usd).toBe(costOf(record));
  });

  it('is counted, and unpriced, where nobody can tell the seconds that it costs', async () => {
    const record = await hear('heard-long', { response_format: 'text' }, { per_second: '0.0001' });
    expect(record).toMatchObject({ usage_source: 'estimated', audio_seconds: 0, priced: false });
    // "Hello from the PLLM sandbox! I heard 40000 bytes."
    expect(record.completion_tokens).toBeGreaterThan(8);
    expect(record.completion_tokens).toBeLessThan(20);
  });

  it('is partly paid for where it is cut', async () => {
    const model = await priced('heard-cut;chunks=8;cut=4');
    const record = await recordFor(await ask(route, model, true));
    expect(record).toMatchObject({ status: 'error', usage_source: 'partial' });
    expect(record.completion_tokens).toBeGreaterThan(1);
    expect(record.cost_usd).toBe(costOf(record));
  });
});

describe('a sound or an image that does not end well', () => {
  const routeOf = (name: string) => ROUTES.find(({ operation }) => operation === name) as Route;

  it.each([false, true])('a sound that is cut is paid for by its text (streamed: %s)', async (stream) => {
    const model = await priced(`spoken-${stream};bytes=100000;chunks=10;cut=${stream ? 3 : 50_000}`);
    const record = await recordFor(await ask(routeOf('speech'), model, stream));
    expect(record).toMatchObject({ status: 'error', http_status: 200, usage_source: 'partial' });
    expect(record.characters).toBe(11);
    expect(record.cost_usd).toBe(costOf(record));
  });

  it('an image that is left before it comes is paid for by its prompt', async () => {
    const model = await priced('drawn;delay=900');
    const left = new AbortController();
    const call = fetch(`${bench.url}/v1/images/generations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, prompt: 'a cat' }),
      signal: left.signal,
    });
    await bench.sandbox.ledger.waitFor((entry) => entry.model.startsWith('drawn'));
    left.abort();
    await expect(call).rejects.toThrow();
    const [record] = await recordsOf(bench, model);
    expect(record).toMatchObject({
      status: 'cancelled',
      usage_source: 'partial',
      images: 0,
      prompt_tokens: 2,
    });
    expect(record?.cost_usd).toBe(costOf(record as ShownRecord));
  });
});

describe('usage as a whole', () => {
  it('costs what its records cost, to the nano-dollar', async () => {
    const { data } = await bench.admin('GET', '/requests?limit=1000');
    const records = data as ShownRecord[];
    const nanos = (text: string | null): bigint => {
      const [whole = '0', fraction = ''] = (text ?? '0').split('.');
      return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
    };
    const sum = records.reduce((total, { cost_usd }) => total + nanos(cost_usd), 0n);
    const { totals } = await bench.admin('GET', '/usage');
    expect(totals.requests).toBe(records.length);
    expect(nanos(totals.cost_usd)).toBe(sum);
    const { data: stats } = await bench.admin('GET', '/models/stats');
    const ofStats = (stats as { cost_usd: string | null }[]).reduce(
      (total, { cost_usd }) => total + nanos(cost_usd),
      0n,
    );
    expect(ofStats).toBe(sum);
  });
});
