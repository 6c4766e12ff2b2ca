import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from './sandbox.js';

interface Call {
  index?: number;
  id?: string;
  function: { name?: string; arguments: string };
}
interface Part {
  content?: string | null;
  reasoning_content?: string;
  refusal?: null;
  role?: string;
  tool_calls?: Call[];
}
interface Body {
  id: string;
  model: string;
  choices: { index: number; message: Part; delta: Part; finish_reason: string | null }[];
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number } | null;
  error?: { code: string; message: string; param: string | null; type: string };
  sandbox?: unknown;
}

let sandbox: Sandbox;
const messages = [
  { role: 'system', content: 'be kind' },
  { role: 'user', content: [{ type: 'text', text: 'good  morning 👋' }] },
];
const tools = [
  {
    type: 'function',
    function: {
      name: 'lookup',
      parameters: {
        type: 'object',
        properties: { name: { type: 'string' }, limit: { type: 'integer' } },
        required: ['name', 'limit'],
      },
    },
  },
];

beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.ledger.clear());
afterAll(() => sandbox.close());

const post = (model: string, more: object = {}, signal?: AbortSignal): Promise<Response> =>
  fetch(`${sandbox.url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model, messages, ...more }),
    signal,
  });
const whole = async (model: string, more?: object): Promise<Body> =>
  (await (await post(model, more)).json()) as Body;
const streamText = async (model: string, more: object = {}): Promise<string> =>
  (await post(model, { stream: true, ...more })).text();

function chunksOf(text: string): Body[] {
  return text
    .split(/\r?\n\r?\n/)
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice(6)) as Body);
}
const contentOf = (chunks: Body[], choice = 0): string =>
  chunks
    .flatMap(({ choices }) => choices.filter(({ index }) => index === choice))
    .map(({ delta }) => delta.content ?? '')
    .join('');

describe('a whole answer', () => {
  it('is a full chat.completion with countable usage', async () => {
    const body = await whole('sandbox');
    expect(body).toMatchObject({
      object: 'chat.completion',
      model: 'sandbox',
      system_fingerprint: 'fp_sandbox',
    });
    expect(body.id).toMatch(/^chatcmpl-\w+$/);
    expect(body.choices).toEqual([
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'Hello from the PLLM sandbox! You said: "good  morning 👋".',
          refusal: null,
        },
        logprobs: null,
        finish_reason: 'stop',
      },
    ]);
    expect(body.usage).toMatchObject({ prompt_tokens: 5 + 6, completion_tokens: 10, total_tokens: 21 });
    expect(body).not.toHaveProperty('sandbox');
  });

  it('leaves the script out of the name, and usage when told', async () => {
    const body = await whole('gpt-4o;usage=none;finish=length;chunks=3;size=4;reasoning=2', { n: 2 });
    expect(body.model).toBe('gpt-4o');
    expect(body).not.toHaveProperty('usage');
    expect(body.choices.map(({ index, finish_reason }) => [index, finish_reason])).toEqual([
      [0, 'length'],
      [1, 'length'],
    ]);
    expect(body.choices[0]?.message).toMatchObject({
      content: 'Hello from t',
      reasoning_content: 'Let me think about that.',
    });
  });

  it('gives back the digits of the seed and, on request, the body', async () => {
    const text =
      '{"model":"m;echo=1;chunks=7","messages":[{"role":"user","content":"hé"}], "seed":9223372036854775807}';
    const answer = await fetch(`${sandbox.url}/chat/completions`, { method: 'POST', body: text });
    const body = await answer.text();
    expect(body).toContain('"sandbox":{"seed":9223372036854775807}');
    expect((JSON.parse(body) as Body).choices[0]?.message.content).toBe(text);
  });

  it('obeys response_format', async () => {
    const schema = { type: 'object', properties: { city: { enum: ['Paris'] } }, required: ['city'] };
    const typed = await whole('m', {
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
    });
    expect(typed.choices[0]?.message.content).toBe('{"city":"Paris"}');
    const free = await whole('m', { response_format: { type: 'json_object' } });
    expect(JSON.parse(free.choices[0]?.message.content ?? '')).toMatchObject({ sandbox: true });
  });
});

describe('a stream', () => {
  it('opens, speaks, finishes and says [DONE]', async () => {
    const text = await streamText('sandbox');
    const chunks = chunksOf(text);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null });
    expect(contentOf(chunks)).toBe('Hello from the PLLM sandbox! You said: "good  morning 👋".');
    expect(chunks.at(-1)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' });
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false);
    expect(text.endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
  });

  it('shows usage only when it is asked for, and the same as a whole answer', async () => {
    const asked = { stream_options: { include_usage: true } };
    const chunks = chunksOf(await streamText('m;chunks=4;reasoning=3', asked));
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
    expect(chunks.at(-1)?.choices).toEqual([]);
    expect(chunks.at(-1)?.usage).toEqual((await whole('m;chunks=4;reasoning=3')).usage);
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(7);
    const never = chunksOf(await streamText('m;usage=none', asked));
    expect(never.some((chunk) => 'usage' in chunk)).toBe(false);
  });

  it('interleaves choices', async () => {
    const chunks = chunksOf(await streamText('m;chunks=3', { n: 2 }));
    const order = chunks.map(({ choices }) => choices[0]?.index);
    expect(order).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    expect(contentOf(chunks, 1)).toContain('answer 2');
  });

  it.each(['crlf=1', 'split=1', 'split=3;crlf=1', 'comments=1', 'gap=1', 'first=20;delay=20'])(
    'carries the same content with %s',
    async (script) => {
      const text = await streamText(`m;chunks=6;${script}`);
      expect(contentOf(chunksOf(text))).toBe(contentOf(chunksOf(await streamText('m;chunks=6'))));
      expect(text.includes('\r\n')).toBe(script.includes('crlf'));
      expect(text.includes(': ping')).toBe(script.includes('comments'));
    },
  );

  it('leaves in pieces of the size that split says', async () => {
    const sizes = await new Promise<number[]>((resolve, reject) => {
      const seen: number[] = [];
      const call = httpRequest(`${sandbox.url}/chat/completions`, { method: 'POST' }, (answer) => {
        answer.on('data', (part: Buffer) => seen.push(part.length));
        answer.on('end', () => resolve(seen));
      });
      call.on('error', reject);
      call.end(JSON.stringify({ model: 'm;chunks=2;split=7', stream: true, messages }));
    });
    expect(new Set(sizes.slice(0, -1))).toEqual(new Set([7]));
  });

  it('fails in the ways it is told', async () => {
    expect(chunksOf(await streamText('m;error_first=1')).map(({ error }) => error?.code)).toEqual([
      'server_error',
    ]);
    const late = await streamText('m;chunks=5;error_after=2');
    expect(chunksOf(late)).toHaveLength(4);
    expect(chunksOf(late).at(-1)).toHaveProperty('error.type', 'server_error');
    expect(late).not.toContain('[DONE]');
    expect(await streamText('m;done=none')).not.toContain('[DONE]');
  });

  it('waits for a slow reader', async () => {
    const model = 'm;chunks=20000;size=1000';
    const answer = await post(model, { stream: true });
    const reader = answer.body?.getReader();
    await reader?.read();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = sandbox.ledger.requests[0]?.chunksWritten ?? 0;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(15_000);
    let bytes = 0;
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read())
      bytes += part.value.length;
    expect(bytes).toBeGreaterThan(20_000_000);
    const entry = await sandbox.ledger.waitFor(({ completedAt }) => completedAt !== undefined);
    expect(entry).toMatchObject({ chunksWritten: 20_000, stream: true, model });
  });
});

describe('tool calls', () => {
  const assemble = (chunks: Body[]): { id?: string; name?: string; text: string }[] => {
    const calls: { id?: string; name?: string; text: string }[] = [];
    for (const { index = -1, id, function: named } of chunks.flatMap(
      ({ choices }) => choices[0]?.delta.tool_calls ?? [],
    )) {
      const call = (calls[index] ??= { id, name: named.name, text: '' });
      call.text += named.arguments;
    }
    return calls;
  };

  it('are made when the user speaks last, with every required argument', async () => {
    const { choices } = await whole('m', { tools });
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    const call = choices[0]?.message.tool_calls?.[0];
    expect(JSON.parse(call?.function.arguments ?? '')).toEqual({ name: 'sample', limit: 1 });
    const after = await whole('m', {
      tools,
      messages: [...messages, { role: 'tool', tool_call_id: 'x', content: '1' }],
    });
    expect(after.choices[0]?.finish_reason).toBe('stop');
    expect((await whole('m', { tools, tool_choice: 'none' })).choices[0]?.finish_reason).toBe('stop');
  });

  it('stream in fragments, in parallel, with dense indexes', async () => {
    const chunks = chunksOf(await streamText('m;tools=3', { tools }));
    const calls = assemble(chunks);
    expect(calls.map(({ name, text }) => [name, text])).toEqual(
      Array.from({ length: 3 }, () => ['lookup', '{"name":"sample","limit":1}']),
    );
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
    const order = chunks
      .flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
      .map(({ index }) => index);
    expect(order.slice(0, 9)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
    expect(assemble(chunksOf(await streamText('m;tools=1')))[0]?.name).toBe('sandbox_tool');
  });
});

describe('a broken answer', () => {
  it.each([
    [400, 'invalid_value'],
    [401, 'invalid_api_key'],
    [404, 'model_not_found'],
    [429, 'rate_limit_exceeded'],
    [503, 'server_error'],
  ])('has status %i and code %s', async (status, code) => {
    const answer = await post(`m;status=${status};retry_after=7`, { stream: true });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, '7']);
    const { error } = (await answer.json()) as Body;
    expect(Object.keys(error ?? {})).toEqual(['message', 'type', 'param', 'code']);
    expect(error?.code).toBe(code);
  });

  it('may be HTML, an error under 200, or half a JSON', async () => {
    const page = await post('m;html=1');
    expect([page.status, page.headers.get('content-type')]).toEqual([502, 'text/html; charset=utf-8']);
    expect((await post('m;html=1;status=503')).status).toBe(503);
    expect(await whole('m;ok_error=1')).toHaveProperty('error.code', 'server_error');
    const half = await post('m;json=bad');
    const text = await half.text();
    expect(half.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
  });

  it.each([
    [true, 3],
    [true, 0],
    [false, 10],
    [false, 0],
  ])('is cut (streamed: %s) after %i', async (stream, cut) => {
    const answer = await post(`m;chunks=5;cut=${cut}`, { stream });
    expect(answer.status).toBe(200);
    const got: Buffer[] = [];
    const read = async (): Promise<void> => {
      for await (const part of answer.body ?? []) got.push(Buffer.from(part));
    };
    await expect(read()).rejects.toThrow('terminated');
    const text = Buffer.concat(got).toString();
    if (stream) expect(chunksOf(text)).toHaveLength(cut + 1);
    else expect(text).toHaveLength(cut);
    const entry = await sandbox.ledger.waitFor(({ cutAt }) => cutAt !== undefined);
    expect(entry).toMatchObject({ chunksWritten: stream ? cut : 0 });
    expect(entry.abortedAt).toBeUndefined();
  });

  it.each([
    [true, 2],
    [false, 0],
    [false, 9],
  ])('stalls (streamed: %s) after %i, and notices that the client went', async (stream, stall) => {
    const abort = new AbortController();
    const model = `m;chunks=5;stall=${stall}`;
    const answer = post(model, { stream }, abort.signal).then((response) => response.text());
    const entry = await sandbox.ledger.waitFor(
      (seen) => seen.model === model && (!stream || seen.chunksWritten === 2),
    );
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([entry.abortedAt, entry.completedAt, sandbox.ledger.open]).toEqual([undefined, undefined, 1]);
    abort.abort();
    await expect(answer).rejects.toThrow('aborted');
    await sandbox.ledger.waitFor(({ abortedAt }) => abortedAt !== undefined);
    expect([entry.completedAt, sandbox.ledger.open]).toEqual([undefined, 0]);
  });

  it('stops writing when the client goes in the middle', async () => {
    const abort = new AbortController();
    const answer = await post('m;chunks=1000;gap=2', { stream: true }, abort.signal);
    await answer.body?.getReader().read();
    abort.abort();
    const entry = await sandbox.ledger.waitFor(({ abortedAt }) => abortedAt !== undefined);
    expect(entry.chunksWritten).toBeLessThan(1000);
  });
});

describe('a request it does not like', () => {
  it.each([
    ['{', 400, null],
    ['[]', 400, null],
    ['{"messages":[{}]}', 400, 'model'],
    ['{"model":"m"}', 400, 'messages'],
    ['{"model":"m","messages":[]}', 400, 'messages'],
    ['{"model":"m;chunk=1","messages":[{}]}', 400, 'model'],
    ['{"model":"m","messages":[{}],"n":0}', 400, 'n'],
  ])('%s', async (body, status, param) => {
    const answer = await fetch(`${sandbox.url}/chat/completions`, { method: 'POST', body });
    expect(answer.status).toBe(status);
    expect(((await answer.json()) as Body).error).toMatchObject({ type: 'invalid_request_error', param });
  });

  it('lists its model, and has nothing else', async () => {
    const models = await (await fetch(`${sandbox.url}/models`)).json();
    expect(models).toMatchObject({ object: 'list', data: [{ id: 'sandbox', object: 'model' }] });
    const other = await fetch(`${sandbox.url}/assistants`, { method: 'POST', body: '{}' });
    expect(other.status).toBe(404);
    expect(await other.json()).toHaveProperty('error.message', 'Invalid URL (POST /v1/assistants)');
  });
});

describe('close', () => {
  it('ends open connections too', async () => {
    const own = await startSandbox({ ledger: false });
    const socket = httpRequest(`${own.url}/chat/completions`, { method: 'POST' });
    const ended = new Promise((resolve) => socket.on('error', resolve));
    socket.end(JSON.stringify({ model: 'm;stall=0', messages }));
    while (own.ledger.open === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(own.ledger.requests).toHaveLength(0);
    await expect(own.ledger.waitFor(() => true)).rejects.toThrow('keeps no ledger');
    await own.close();
    expect(await ended).toMatchObject({ code: 'ECONNRESET' });
    await expect(fetch(`${own.url}/models`)).rejects.toThrow('fetch failed');
  });
});
