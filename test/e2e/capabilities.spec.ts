import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { startStub } from '../support/stub-upstream.js';
import type { StubUpstream } from '../support/stub-upstream.js';

let bench: TestBench;
let stub: StubUpstream;
let key: string;

beforeAll(async () => {
  bench = await startBench();
  stub = await startStub();
  key = await bench.addKey();
  await bench.admin('POST', '/providers', { name: 'cerebras', type: 'cerebras', base_url: stub.url });
  await bench.admin('POST', '/providers', { name: 'openai', type: 'openai', base_url: stub.url });
});
afterAll(async () => {
  await bench.close();
  await stub.close();
});

const as = (secret: string) => ({ authorization: `Bearer ${secret}` });
const add = (id: string, rest: object = {}): Promise<Answer['json']> =>
  bench.admin('POST', '/models', { id, targets: [{ provider: 'cerebras', model: 'mine' }], ...rest });
const chat = (model: string, rest: object = {}): Promise<Answer> => {
  const message = { role: 'assistant', content: 'Hi.' };
  stub.answerWith({
    body: JSON.stringify({ model: 'mine', choices: [{ index: 0, message, finish_reason: 'stop' }] }),
  });
  const request = { model, messages: [{ role: 'user', content: 'Hello!' }], ...rest };
  return bench.request('POST', '/v1/chat/completions', request, as(key));
};

describe('what a model can', () => {
  const told = async (id: string) =>
    (await bench.request('GET', `/v1/models/${id}`, undefined, as(key))).json.pllm;

  it('is told as far as it is known', async () => {
    await add('unknown');
    expect(await told('unknown')).toEqual({ operations: ['chat', 'completions', 'messages', 'responses'] });
    await add('known', { targets: [{ provider: 'openai', model: 'gpt-4o-2024-11-20' }] });
    expect(await told('known')).toMatchObject({
      context_window: 128_000,
      max_output_tokens: 16_384,
      modalities: { input: ['text', 'image'], output: ['text'] },
      tools: true,
      structured_output: true,
      reasoning: false,
      operations: expect.arrayContaining(['chat', 'embeddings']),
    });
  });

  it('is what the operator says, and what is no longer said is known again', async () => {
    const capabilities = { context_window: 4_096, modalities: { input: ['text', 'audio'] }, reasoning: true };
    expect((await add('said', { capabilities })).capabilities).toEqual(capabilities);
    expect(await told('said')).toEqual({
      ...capabilities,
      operations: ['chat', 'completions', 'messages', 'responses'],
    });
    await bench.admin('PATCH', '/models/said', { capabilities: { tools: false } });
    expect(await told('said')).toEqual({
      tools: false,
      operations: ['chat', 'completions', 'messages', 'responses'],
    });
    await bench.admin('PATCH', '/models/said', { capabilities: null });
    expect(await told('said')).toEqual({ operations: ['chat', 'completions', 'messages', 'responses'] });
  });

  it.each([
    [{ context_window: 0 }, 'capabilities.context_window'],
    [{ modalities: { input: ['smell'] } }, 'capabilities.modalities.input'],
    [{ tools: 'yes' }, 'capabilities.tools'],
    [{ wings: true }, 'capabilities.wings'],
  ])('is not %j', async (capabilities, param) => {
    const body = { id: 'odd', targets: [{ provider: 'cerebras', model: 'mine' }], capabilities };
    const { status, json } = await bench.request('POST', '/v1/admin/models', body, as(MASTER_KEY));
    expect([status, json.error.param]).toEqual([400, param]);
  });
});

describe('a parameter that a provider has nothing for', () => {
  const PENALTY = { frequency_penalty: 0.5 };

  it('is left out and named where it is a hint', async () => {
    await add('lenient');
    const { status, headers } = await chat('lenient', PENALTY);
    expect([status, headers.get('x-pllm-dropped-params')]).toEqual([200, 'frequency_penalty']);
    expect(JSON.parse(stub.last.body.toString())).not.toHaveProperty('frequency_penalty');
    expect((await chat('lenient', { frequency_penalty: 0 })).headers.has('x-pllm-dropped-params')).toBe(
      false,
    );
  });

  it('is refused where the model is strict, unless another target takes it', async () => {
    const strict = { unsupported_parameters: 'strict' };
    expect((await add('strict', strict)).unsupported_parameters).toBe('strict');
    const refused = await chat('strict', PENALTY);
    expect([refused.status, refused.json.error]).toMatchObject([
      400,
      { code: 'unsupported_parameter', param: 'frequency_penalty' },
    ]);
    expect((await chat('strict')).status).toBe(200);
    const targets = ['cerebras', 'openai'].map((provider, priority) => ({
      provider,
      model: 'mine',
      priority,
    }));
    await add('strict-of-two', { ...strict, targets });
    const routed = await chat('strict-of-two', PENALTY);
    expect([routed.status, routed.headers.get('x-pllm-provider')]).toEqual([200, 'openai']);
    expect(JSON.parse(stub.last.body.toString())).toMatchObject(PENALTY);
  });

  it('is refused by either where it would make another answer', async () => {
    const { status, json } = await chat('lenient', { n: 2 });
    expect([status, json.error.code, json.error.param]).toEqual([400, 'unsupported_parameter', 'n']);
  });
});
