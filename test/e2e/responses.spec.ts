import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { isDescriptionHere, readDescription } from '../support/openai-description.js';
import { recordOf } from '../support/records.js';

let bench: TestBench;
let key: string;
let client: OpenAI;
let stranger: OpenAI;

/** How a model's target is reached, and the name of its provider. */
const WIRES = [
  ['its own wire', 'native'],
  ['a chat', 'upstream'],
] as const;

/** Names of models behind the name of their provider, and what the upstream does. */
const SCRIPTS = {
  plain: 'gpt-upstream',
  cut: 'gpt-upstream;chunks=8;cut=3',
  slow: 'gpt-upstream;chunks=500;gap=20',
  down: 'gpt-upstream;status=500',
  broken: 'gpt-upstream;error_first=1',
};

beforeAll(async () => {
  bench = await startBench();
  const { url } = bench.sandbox;
  for (const [name, type] of [
    ['native', 'openai'],
    ['other', 'openai'],
  ]) {
    await bench.admin('POST', '/providers', { name, type, base_url: url, api_key: 'k' });
  }
  for (const provider of ['native', 'other', 'upstream']) {
    for (const [id, model] of Object.entries(SCRIPTS)) {
      await bench.admin('POST', '/models', { id: `${provider}-${id}`, targets: [{ provider, model }] });
    }
  }
  const targets = [
    { provider: 'other', model: SCRIPTS.broken, priority: 0 },
    { provider: 'native', model: SCRIPTS.plain, priority: 1 },
  ];
  await bench.admin('POST', '/models', { id: 'falls-over', targets });
  key = await bench.addKey();
  const sdk = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${bench.url}/v1`, maxRetries: 0 });
  client = sdk(key);
  stranger = sdk(await bench.addKey());
});
afterAll(() => bench.close());
beforeEach(async () => {
  bench.sandbox.ledger.clear();
  // Targets that failed in one test are asked in the next.
  await bench.admin('POST', '/system/reload');
});

const lastBody = (): string => bench.sandbox.ledger.requests.at(-1)?.body ?? '';

async function failure(promise: PromiseLike<unknown>): Promise<InstanceType<typeof APIError>> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof APIError) return error;
    throw error;
  }
  throw new Error('no error');
}

const WEATHER = {
  type: 'function' as const,
  name: 'weather',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

describe.each(WIRES)('a model that is reached by %s', (_, provider) => {
  const model = (name: keyof typeof SCRIPTS): string => `${provider}-${name}`;

  it('answers whole, and is recorded', async () => {
    const { data, request_id: id } = await client.responses
      .create({ model: model('plain'), input: 'Hello!', user: 'u-7' })
      .withResponse();
    expect(data).toMatchObject({ object: 'response', status: 'completed', model: model('plain') });
    expect(data.output_text).toContain('Hello!');
    expect(await recordOf(bench, id ?? '')).toMatchObject({
      operation: 'responses',
      status: 'ok',
      provider,
      user: 'u-7',
      usage_source: 'upstream',
      prompt_tokens: data.usage?.input_tokens,
      completion_tokens: data.usage?.output_tokens,
    });
  });

  it('streams what the SDK gathers, under /api too', async () => {
    const api = new OpenAI({ apiKey: key, baseURL: `${bench.url}/api/v1`, maxRetries: 0 });
    const stream = api.responses.stream({ model: model('plain'), input: 'Hello!' });
    const types: string[] = [];
    const numbers: number[] = [];
    stream.on('event', ({ type, sequence_number: number }) => {
      types.push(type);
      numbers.push(number);
    });
    const answer = await stream.finalResponse();
    expect(answer).toMatchObject({ status: 'completed', model: model('plain') });
    expect(answer.output_text).toContain('Hello!');
    expect(types.slice(0, 2)).toEqual(['response.created', 'response.in_progress']);
    expect(types.at(-1)).toBe('response.completed');
    expect(numbers).toEqual(numbers.map((__, at) => at));
  });

  it('calls a tool, and goes on from there', async () => {
    const asked = { model: model('plain'), tools: [WEATHER] };
    const first = await client.responses.stream({ ...asked, input: 'Hello!' }).finalResponse();
    const [call] = first.output;
    if (call?.type !== 'function_call') throw new Error(`no call: ${call?.type}`);
    expect(call.name).toBe('weather');
    const told = { type: 'function_call_output' as const, call_id: call.call_id, output: 'sun' };
    const next = await client.responses.create({ ...asked, previous_response_id: first.id, input: [told] });
    expect(next.output.map(({ type }) => type)).toEqual(['message']);
  });

  it.each([['whole'], ['streamed']])('is kept, %s, and can be asked for again', async (how) => {
    const asked = { model: model('plain'), input: 'Keep this.', metadata: { a: 'b' } };
    const answer =
      how === 'whole'
        ? await client.responses.create(asked)
        : await client.responses.stream(asked).finalResponse();
    const again = await client.responses.retrieve(answer.id);
    expect(again.output).toEqual(
      answer.output.map((item) => ({
        ...item,
        // The SDK adds to what it parses.
        ...(item.type === 'message' && { content: item.content.map((part) => strip(part)) }),
      })),
    );
    expect(again).toMatchObject({ id: answer.id, model: model('plain'), usage: answer.usage });
    const { data } = await client.responses.inputItems.list(answer.id);
    expect(data).toEqual([
      {
        id: expect.any(String),
        type: 'message',
        role: 'user',
        content: [{ type: 'input_text', text: 'Keep this.' }],
      },
    ]);
    await client.responses.delete(answer.id);
    expect((await failure(client.responses.retrieve(answer.id))).status).toBe(404);
    expect((await failure(client.responses.delete(answer.id))).status).toBe(404);
  });

  it.skipIf(!isDescriptionHere)('says what is valid by OpenAI’s description', async () => {
    const description = readDescription();
    const headers = { authorization: `Bearer ${key}` };
    const post = (members: object) =>
      bench.request('POST', '/v1/responses', { model: model('plain'), input: 'Hi', ...members }, headers);
    for (const members of [{}, { tools: [WEATHER] }]) {
      const { json } = await post(members);
      description.expectValid('Response', json);
      const list = await bench.request('GET', `/v1/responses/${json.id}/input_items`, undefined, headers);
      description.expectValid('ResponseItemList', list.json);
      const { text } = await post({ ...members, stream: true });
      expect(text).toMatch(/^(?:event: [\w.]+\ndata: [^\r\n]+\n\n)+$/);
      for (const [, type, data = ''] of text.matchAll(/^event: (.*)\ndata: (.*)$/gm)) {
        const event = JSON.parse(data);
        expect(event.type).toBe(type);
        description.expectValid('ResponseStreamEvent', event);
      }
    }
  });

  it('is nobody else’s', async () => {
    const { id } = await client.responses.create({ model: model('plain'), input: 'Mine.' });
    const [foreign, missing] = [
      await failure(stranger.responses.retrieve(id)),
      await failure(client.responses.retrieve('resp_none')),
    ];
    expect([foreign.status, foreign.code]).toEqual([404, 'not_found']);
    expect(missing.message.replace('resp_none', id)).toBe(foreign.message);
    expect((await failure(stranger.responses.delete(id))).status).toBe(404);
    expect((await failure(stranger.responses.inputItems.list(id))).status).toBe(404);
    const next = { model: model('plain'), input: 'And?', previous_response_id: id };
    const error = await failure(stranger.responses.create(next));
    expect([error.status, error.code, error.param]).toEqual([
      400,
      'previous_response_not_found',
      'previous_response_id',
    ]);
    expect(await recordOf(bench, error.requestID ?? '')).toMatchObject({
      operation: 'responses',
      status: 'error',
      http_status: 400,
      error_code: 'previous_response_not_found',
      model: model('plain'),
    });
    expect((await client.responses.retrieve(id)).id).toBe(id);
  });

  it('is not kept where the client does not want it', async () => {
    const { id } = await client.responses.create({ model: model('plain'), input: 'No.', store: false });
    expect((await failure(client.responses.retrieve(id))).status).toBe(404);
  });

  it('ends a stream that is cut in an error event, and keeps nothing', async () => {
    const types: string[] = [];
    const ids = new Set<string>();
    const stream = client.responses.stream({ model: model('cut'), input: 'Hello!' });
    stream.on('event', (event) => {
      types.push(event.type);
      if (event.type === 'response.created') ids.add(event.response.id);
    });
    const error = await failure(stream.finalResponse());
    expect(error.code).toBe('upstream_unavailable');
    expect(types).toContain('response.output_text.delta');
    expect(types).not.toContain('response.completed');
    for (const id of ids) expect((await failure(client.responses.retrieve(id))).status).toBe(404);
  });

  it('is left alone when its client goes', async () => {
    const stream = await client.responses.create({ model: model('slow'), input: 'Hello!', stream: true });
    for await (const { type } of stream) if (type === 'response.output_text.delta') break;
    await bench.sandbox.ledger.waitFor(
      ({ model: asked, abortedAt }) => asked.includes('chunks=500') && abortedAt !== undefined,
    );
  });

  it.each([['whole'], ['streamed']])('that is down is an error with a status, %s', async (how) => {
    const asked = { model: model('down'), input: 'Hello!', stream: how === 'streamed' };
    const error = await failure(client.responses.create(asked));
    expect([error.status, error.code]).toEqual([503, 'upstream_unavailable']);
  });
});

function strip<Part extends object>(part: Part): Omit<Part, 'parsed'> {
  const { parsed: _, ...rest } = part as Part & { parsed?: unknown };
  return rest as Omit<Part, 'parsed'>;
}

describe('a provider that speaks it', () => {
  const authorization = (): { authorization: string } => ({ authorization: `Bearer ${key}` });

  it('gets the client’s bytes, and its answer is the client’s, but for the model', async () => {
    const body = `{ "input":"Hi", "model" : "native-plain","x_new":12345678901234567890}`;
    const answer = await bench.request('POST', '/v1/responses', body, authorization());
    expect(answer.status).toBe(200);
    expect(lastBody()).toBe(body.replace('native-plain', 'gpt-upstream'));
    expect(bench.sandbox.ledger.requests.at(-1)?.path).toBe('/v1/responses');
    const kept = await bench.request('GET', `/v1/responses/${answer.json.id}`, undefined, authorization());
    expect(kept.text).toBe(answer.text);
    expect(kept.headers.get('content-type')).toContain('application/json');
  });

  it('is asked to go on from what it knows', async () => {
    const { id } = await client.responses.create({ model: 'native-plain', input: 'First.' });
    const next = `{"previous_response_id":"${id}","model":"native-plain","input":"Second."}`;
    const answer = await bench.request('POST', '/v1/responses', next, authorization());
    expect(lastBody()).toBe(next.replace('native-plain', 'gpt-upstream'));
    expect(answer.json.previous_response_id).toBe(id);
    const items = await client.responses.inputItems.list(answer.json.id);
    expect(items.data.map((item) => 'content' in item && item.content)).toEqual([
      [{ type: 'input_text', text: 'Second.' }],
    ]);
  });

  it('is told all of it where another account knows it', async () => {
    const first = await client.responses.create({ model: 'native-plain', input: 'First.' });
    const second = await client.responses.create({
      model: 'native-plain',
      input: 'Second.',
      previous_response_id: first.id,
    });
    const asked = { model: 'other-plain', input: 'Third.', previous_response_id: second.id, user: 'u' };
    await client.responses.create(asked);
    const seen = JSON.parse(lastBody());
    expect(seen).toEqual({ model: 'gpt-upstream', user: 'u', input: seen.input });
    expect(seen.input.map(({ role }: { role: string }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
      'user',
    ]);
    expect(seen.input[4]).toEqual({ type: 'message', role: 'user', content: 'Third.' });
  });

  it('falls over to the next one while nothing has come', async () => {
    const { id, model } = await client.responses.stream({ model: 'falls-over', input: 'Hi' }).finalResponse();
    expect(model).toBe('falls-over');
    expect((await client.responses.retrieve(id)).status).toBe('completed');
  });

  it('shows its input in pages', async () => {
    const input = ['a', 'b', 'c'].map((content) => ({ role: 'user' as const, content }));
    const { id } = await client.responses.create({ model: 'native-plain', input });
    const texts: string[] = [];
    for await (const item of client.responses.inputItems.list(id, { limit: 2, order: 'asc' })) {
      texts.push(JSON.stringify(item));
    }
    expect(texts.map((text) => /"text":"(.)"/.exec(text)?.[1])).toEqual(['a', 'b', 'c']);
    const wrong = await failure(client.responses.inputItems.list(id, { limit: 101 }));
    expect([wrong.status, wrong.param]).toEqual([400, 'limit']);
  });
});

describe('a request that cannot be', () => {
  it.each([
    [{ input: 7 }, 'input', 'invalid_type'],
    [{ max_output_tokens: 15 }, 'max_output_tokens', 'invalid_value'],
    [{ temperature: 2.1 }, 'temperature', 'invalid_value'],
    [{ background: true }, 'background', 'invalid_value'],
    [{ previous_response_id: 'a\u0000b' }, 'previous_response_id', 'previous_response_not_found'],
  ])('%j', async (members, param, code) => {
    const error = await failure(
      client.responses.create({ model: 'native-plain', input: 'Hi', ...members } as never),
    );
    expect([error.status, error.param, error.code]).toEqual([400, param, code]);
  });
});

describe('a chat', () => {
  it('is told what the items of a request refer to', async () => {
    const first = await client.responses.create({ model: 'upstream-plain', input: 'Hello!' });
    const reference = { type: 'item_reference' as const, id: first.output[0]?.id ?? '' };
    const input = [
      { role: 'user' as const, content: 'Hello!' },
      reference,
      { role: 'user' as const, content: 'And?' },
    ];
    await client.responses.create({ model: 'upstream-plain', input });
    expect(JSON.parse(lastBody()).messages).toEqual([
      { role: 'user', content: 'Hello!' },
      { role: 'assistant', content: first.output_text },
      { role: 'user', content: 'And?' },
    ]);
    const error = await failure(stranger.responses.create({ model: 'upstream-plain', input }));
    expect([error.status, error.code]).toEqual([400, 'unsupported_parameter']);
  });
});
