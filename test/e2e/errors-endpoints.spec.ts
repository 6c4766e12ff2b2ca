import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { badRequest, expectError } from '../support/expect-error.js';
import { startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';

const MEGABYTE = 1024 * 1024;

/** What is wrong with a member, and what is said of it. */
type Fault = readonly [member: string, value: unknown, code: string, param?: string];

interface Endpoint {
  readonly path: string;
  /** A good body; a Blob makes it a form. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly required: readonly string[];
  readonly faults: readonly Fault[];
  /** May the model be left out? */
  readonly hasDefault?: boolean;
}

const file = new Blob(['sound'], { type: 'audio/mpeg' });
const wrong = (...members: [string, unknown][]): Fault[] =>
  members.map(([member, value]): Fault => [member, value, 'invalid_type']);
const outside = (...members: [string, unknown][]): Fault[] =>
  members.map(([member, value]): Fault => [member, value, 'invalid_value']);
const SAMPLING = outside(
  ['temperature', 2.1],
  ['temperature', -0.1],
  ['top_p', 1.1],
  ['presence_penalty', -2.1],
  ['frequency_penalty', 2.1],
  ['n', 0],
  ['n', 129],
);
const MODEL = [...wrong(['model', 7], ['model', ['m']]), ...outside(['model', ''])];

const ENDPOINTS: readonly Endpoint[] = [
  {
    path: 'chat/completions',
    body: { model: 'm', messages: [{ role: 'user', content: 'Hello!' }] },
    required: ['model', 'messages'],
    faults: [
      ...MODEL,
      ...SAMPLING,
      ...wrong(['messages', 'Hello!'], ['stream', 'yes'], ['temperature', 'hot'], ['stop', 7], ['n', 1.5]),
      ...wrong(['user', 7], ['max_tokens', '9'], ['stream_options', true]),
    ],
  },
  {
    path: 'completions',
    body: { model: 'm', prompt: 'Say hello' },
    required: ['model'],
    faults: [
      ...MODEL,
      ...SAMPLING,
      ...wrong(['prompt', 7], ['prompt', [1, 'two']], ['stream', 'yes'], ['stop', {}], ['best_of', 'two']),
      ...outside(['best_of', 21], ['logprobs', 6], ['max_tokens', -1]),
    ],
  },
  {
    path: 'embeddings',
    body: { model: 'm', input: 'Hello world' },
    required: ['model', 'input'],
    faults: [
      ...MODEL,
      ...wrong(['input', 7], ['input', ['a', 1]], ['input', {}], ['dimensions', '8']),
      ...outside(
        ['input', []],
        ['dimensions', 0],
        ['encoding_format', 'hex'],
        ['input', Array(2_049).fill('a')],
      ),
    ],
  },
  {
    path: 'images/generations',
    body: { model: 'm', prompt: 'A cute cat' },
    required: ['model', 'prompt'],
    faults: [
      ...MODEL,
      ...wrong(['prompt', 7], ['n', 'one'], ['stream', 'yes']),
      ...outside(['n', 0], ['n', 11], ['partial_images', 4], ['prompt', '']),
    ],
  },
  {
    path: 'images/edits',
    body: { model: 'm', prompt: 'A hat', image: file },
    required: ['model', 'prompt', 'image'],
    faults: [
      ...outside(['n', '0'], ['n', '11'], ['partial_images', '4']),
      ...wrong(['n', 'x'], ['image', 'x']),
    ],
  },
  {
    path: 'images/variations',
    body: { model: 'm', image: file },
    required: ['model', 'image'],
    faults: [...outside(['n', '0'], ['n', '11']), ...wrong(['n', 'x'], ['image', 'x'])],
  },
  {
    path: 'audio/transcriptions',
    body: { model: 'm', file },
    required: ['model', 'file'],
    faults: wrong(['stream', 'maybe'], ['file', 'x'], ['model', file]),
  },
  {
    path: 'audio/translations',
    body: { model: 'm', file },
    required: ['model', 'file'],
    faults: wrong(['file', 'x'], ['model', file]),
  },
  {
    path: 'audio/speech',
    body: { model: 'm', input: 'Hello world', voice: 'alloy' },
    required: ['model', 'input', 'voice'],
    faults: [
      ...MODEL,
      ...wrong(['input', 7], ['speed', 'fast'], ['response_format', 7]),
      ...outside(['input', 'x'.repeat(4_097)], ['speed', 4.1], ['speed', 0.2], ['stream_format', 'video']),
    ],
  },
  {
    path: 'moderations',
    body: { model: 'm', input: 'peace' },
    required: ['input'],
    faults: [...wrong(['input', 7]), ...wrong(['model', 7])],
  },
  {
    path: 'rerank',
    body: { model: 'm', query: 'a cat', documents: ['a cat', { text: 'a dog' }] },
    required: ['model', 'query', 'documents'],
    faults: [
      ...MODEL,
      ...wrong(['query', 7], ['documents', 'a'], ['documents', ['a', 7]], ['top_n', 'two']),
      ...wrong(['return_documents', 'yes']),
      ...outside(['documents', []], ['top_n', 0], ['max_tokens_per_doc', 0]),
    ],
  },
];

let bench: TestBench;
let key: string;

beforeAll(async () => {
  bench = await startBench({ PLLM_BODY_LIMIT_MB: '1', PLLM_UPLOAD_LIMIT_MB: '1' });
  await bench.addModel('m', 'upstream');
  await bench.addModel('forbidden', 'upstream');
  key = await bench.addKey({ models: ['m'] });
});
afterAll(() => bench.close());

const isForm = ({ body }: Endpoint): boolean => Object.values(body).some((value) => value instanceof Blob);

async function post(endpoint: Endpoint, changes: Readonly<Record<string, unknown>>): Promise<Answer> {
  const body = Object.entries({ ...endpoint.body, ...changes }).filter(([, value]) => value !== undefined);
  const authorization = `Bearer ${key}`;
  const url = `/v1/${endpoint.path}`;
  if (!isForm(endpoint)) return bench.request('POST', url, Object.fromEntries(body), { authorization });
  const form = new FormData();
  for (const [name, value] of body) form.append(name, value as string | Blob);
  return readAnswer(await fetch(bench.url + url, { method: 'POST', headers: { authorization }, body: form }));
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
}

describe.each(ENDPOINTS.map((endpoint): [string, Endpoint] => [endpoint.path, endpoint]))(
  'POST /v1/%s',
  (_, endpoint) => {
    it('answers what is right', async () => {
      expect((await post(endpoint, {})).status).toBe(200);
    });

    it.each([...endpoint.required])('is missing %s', async (member: string) => {
      expectError(
        await post(endpoint, { [member]: undefined }),
        badRequest('missing_required_parameter', member),
      );
    });

    it.each<Fault>([...endpoint.faults])('refuses %s: %j', async (...fault) => {
      const [member, value, code] = fault as unknown as Fault;
      expectError(await post(endpoint, { [member]: value }), badRequest(code, member));
    });

    it('knows no such model', async () => {
      const expected = { status: 404, type: 'invalid_request_error', code: 'model_not_found' };
      expectError(await post(endpoint, { model: 'unknown' }), expected);
    });

    it('is not for this key', async () => {
      const expected = { status: 403, type: 'permission_error', code: 'model_not_allowed' };
      expectError(await post(endpoint, { model: 'forbidden' }), expected);
    });

    it('takes no body that is too large', async () => {
      const large = isForm(endpoint) ? new Blob([Buffer.alloc(MEGABYTE)]) : 'x'.repeat(MEGABYTE);
      const expected = { status: 413, type: 'invalid_request_error', code: 'request_too_large' };
      expectError(await post(endpoint, { other: large }), expected);
    });

    it('takes no body of another type', async () => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'text/plain' };
      const answer = await bench.request('POST', `/v1/${endpoint.path}`, 'model=m', headers);
      expectError(answer, { status: 415, type: 'invalid_request_error', code: 'unsupported_media_type' });
    });

    it('takes no broken body', async () => {
      const contentType = isForm(endpoint) ? 'multipart/form-data; boundary=XY' : 'application/json';
      const headers = { authorization: `Bearer ${key}`, 'content-type': contentType };
      const answer = await bench.request('POST', `/v1/${endpoint.path}`, '{"model": "m", ', headers);
      expectError(answer, badRequest(isForm(endpoint) ? 'invalid_multipart' : 'invalid_json'));
    });
  },
);
