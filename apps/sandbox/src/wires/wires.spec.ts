import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../sandbox.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

type Body = Record<string, unknown>;

/** How each wire is asked for a chat, and where its texts and ends are. */
const WIRES = {
  anthropic: {
    path: () => '/v1/messages',
    body: (model: string, rest: Body): Body => ({
      model,
      max_tokens: 9,
      messages: [{ role: 'user', content: 'Hi' }],
      ...rest,
    }),
    error: { type: 'error', error: { message: expect.any(String), type: expect.stringMatching(/_error$/) } },
    end: 'message_stop',
  },
  gemini: {
    path: (model: string, stream: boolean) =>
      `/v1beta/models/${encodeURIComponent(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: (_: string, rest: Body): Body => ({
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
      ...rest,
    }),
    error: { error: { code: expect.any(Number), message: expect.any(String), status: expect.any(String) } },
    end: 'finishReason',
  },
  cohere: {
    path: () => '/v2/chat',
    body: (model: string, rest: Body): Body => ({
      model,
      messages: [{ role: 'user', content: 'Hi' }],
      ...rest,
    }),
    error: { message: expect.any(String) },
    end: '"COMPLETE"',
  },
};
type Name = keyof typeof WIRES;
const NAMES = Object.keys(WIRES) as Name[];

async function ask(name: Name, model = 'm', rest: Body = {}, stream = false) {
  const { path, body } = WIRES[name];
  const streamed = stream && name !== 'gemini' ? { stream } : {};
  const answer = await fetch(sandbox.url.replace('/v1', path(model, stream)), {
    method: 'POST',
    headers: { 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(body(model, { ...rest, ...streamed })),
  });
  const { status, headers } = answer;
  return { status, headers, text: await answer.text() };
}

describe.each(NAMES)('the wire of %s', (name) => {
  const { error, end } = WIRES[name];

  it('tells the sentence, whole and streamed, and the ledger of it', async () => {
    sandbox.ledger.clear();
    expect((await ask(name)).text).toContain(String.raw`sandbox! You said: \"Hi\".`);
    const { text, headers } = await ask(name, 'm;chunks=4', {}, true);
    expect(headers.get('content-type')).toContain('text/event-stream');
    expect(text).toContain(end);
    expect(sandbox.ledger.requests).toMatchObject([
      { model: 'm', stream: false },
      { model: 'm;chunks=4', stream: true, chunksWritten: 4 },
    ]);
  });

  it.each(['m;error_first=1', 'm;chunks=5;error_after=2', 'm;chunks=5;done=none'])(
    'does not end as it should with %s',
    async (model) => {
      expect((await ask(name, model, {}, true)).text).not.toContain(end);
    },
  );

  it('has errors in its own shape', async () => {
    const limited = await ask(name, 'm;status=429;retry_after=7');
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
    const unknown = await ask(name, 'm;chunk=3');
    expect(unknown.status).toBe(400);
    const embedded = await ask(name, 'm;ok_error=1');
    expect(embedded.status).toBe(200);
    for (const { text } of [limited, unknown, embedded]) expect(JSON.parse(text)).toMatchObject(error);
  });

  it('tells no usage where there is none', async () => {
    expect((await ask(name)).text).toMatch(/usage/i);
    expect((await ask(name, 'm;usage=none')).text).not.toMatch(/usage/i);
  });
});

const said = (...messages: object[]) => ({ messages });
const USER = { role: 'user', content: 'Hi' };
const FROM_OPENAI = { type: 'image_url', image_url: { url: 'https://x/y.png' } };
const CALL = { type: 'tool_use', id: 'a', name: 'f', input: {} };
const turns = (...contents: object[]) => ({ contents });
const HI = { role: 'user', parts: [{ text: 'Hi' }] };
const CALLED = { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] };
const FUNCTION = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } };
const TOOL = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } };

it.each<[Name, string, Body]>([
  ['anthropic', 'n: Extra inputs', { n: 2 }],
  ['anthropic', 'max_tokens: Field required', { max_tokens: undefined }],
  ['anthropic', 'max_tokens', { max_tokens: 0 }],
  ['anthropic', 'alternate', said(USER, USER)],
  ['anthropic', 'alternate', said({ role: 'assistant', content: 'Hi' })],
  ['anthropic', 'role', said({ role: 'system', content: 'Hi' })],
  ['anthropic', 'content.0.type', said({ role: 'user', content: [FROM_OPENAI] })],
  ['anthropic', 'non-empty', said({ role: 'user', content: [{ type: 'text', text: '' }] })],
  ['anthropic', 'tool_result', said(USER, { role: 'assistant', content: [CALL] })],
  ['anthropic', 'no result', said(USER, { role: 'assistant', content: [CALL] }, USER)],
  ['anthropic', 'budget_tokens', { thinking: { type: 'enabled', budget_tokens: 1_024 } }],
  ['anthropic', 'tools.0', { tools: [TOOL] }],
  ['gemini', 'messages: Extra inputs', { messages: [USER] }],
  ['gemini', 'max_tokens', { generationConfig: { max_tokens: 7 } }],
  ['gemini', 'alternate', turns(HI, HI)],
  ['gemini', 'role', turns({ ...HI, role: 'assistant' })],
  ['gemini', 'image_url', turns({ role: 'user', parts: [{ image_url: 'x' }] })],
  ['gemini', 'function call', turns(HI, CALLED, HI)],
  ['gemini', 'responseMimeType', { generationConfig: { responseJsonSchema: {} } }],
  ['gemini', 'tools[0]', { tools: [TOOL] }],
  ['cohere', 'top_p: Extra inputs', { top_p: 1 }],
  ['cohere', 'temperature', { temperature: 2 }],
  ['cohere', 'tool_choice', { tools: [TOOL], tool_choice: 'auto' }],
  ['cohere', 'together with tools', { tools: [TOOL], response_format: { type: 'json_object' } }],
  ['cohere', 'role', said({ role: 'developer', content: 'Hi' })],
  ['cohere', 'content[0].type', said({ role: 'assistant', content: [FROM_OPENAI] })],
  ['cohere', 'no result', said(USER, { role: 'assistant', tool_calls: [FUNCTION] })],
  [
    'cohere',
    'text of a JSON object',
    said(USER, {
      role: 'assistant',
      tool_calls: [{ ...FUNCTION, function: { name: 'f', arguments: '[]' } }],
    }),
  ],
  ['cohere', 'thinking', { thinking: { type: 'enabled' } }],
])('%s refuses what breaks its rules: %s', async (name, message, rest) => {
  const { status, text } = await ask(name, 'gemini-2.5-flash', rest);
  expect([status, text]).toEqual([400, expect.stringContaining(message)]);
  expect(JSON.parse(text)).toMatchObject(WIRES[name].error);
});

it('a version of Anthropic’s wire must be named', async () => {
  const body = JSON.stringify(WIRES.anthropic.body('m', {}));
  const answer = await fetch(`${sandbox.url}/messages`, { method: 'POST', body });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('anthropic-version')]);
});
