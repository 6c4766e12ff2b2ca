import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { isDescriptionHere, readDescription } from '../support/openai-description.js';
import type { Description } from '../support/openai-description.js';
import { readEvents } from '../support/read-events.js';

const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' }, days: { type: 'integer' } },
        required: ['city', 'days'],
      },
    },
  },
];
const FORMAT = {
  type: 'json_schema',
  json_schema: { name: 'answer', schema: { type: 'object', properties: { yes: { type: 'boolean' } } } },
};
const REQUESTS: [string, object][] = [
  ['a text', {}],
  ['two answers', { n: 2 }],
  ['a tool call', { tools: TOOLS }],
  ['two tool calls', { tools: TOOLS, model: 'two-tools' }],
  ['a JSON answer', { response_format: FORMAT }],
  ['a truncated answer', { model: 'truncated' }],
  ['reasoning', { model: 'reasoning' }],
];

describe.skipIf(!isDescriptionHere)('what the gateway answers is valid by OpenAI’s description', () => {
  let bench: TestBench;
  let description: Description;
  let key: string;

  beforeAll(async () => {
    description = readDescription();
    bench = await startBench();
    await bench.addModel('my-gpt-4', 'gpt-upstream');
    await bench.addModel('two-tools', 'gpt-upstream;tools=2');
    await bench.addModel('truncated', 'gpt-upstream;finish=length');
    await bench.addModel('reasoning', 'gpt-upstream;reasoning=3');
    key = await bench.addKey();
  });
  afterAll(() => bench.close());

  const post = (body: object): Promise<Answer> => {
    const request = { model: 'my-gpt-4', messages: [{ role: 'user', content: 'Hello!' }], ...body };
    return bench.request('POST', '/v1/chat/completions', request, { authorization: `Bearer ${key}` });
  };
  const expectValid = (schema: string, value: unknown): void => description.expectValid(schema, value);

  it.each(REQUESTS)('%s, whole', async (_, body) => {
    expectValid('CreateChatCompletionResponse', (await post(body)).json);
  });

  it.each(REQUESTS)('%s, streamed, with usage and without', async (_, body) => {
    for (const include_usage of [false, true]) {
      const { text } = await post({ ...body, stream: true, stream_options: { include_usage } });
      const { chunks, isDone } = readEvents(text);
      expect([isDone, chunks.length > 2]).toEqual([true, true]);
      for (const chunk of chunks) expectValid('CreateChatCompletionStreamResponse', chunk);
    }
  });

  it('models', async () => {
    const headers = { authorization: `Bearer ${key}` };
    const list = await bench.request('GET', '/v1/models', undefined, headers);
    expectValid('ListModelsResponse', list.json);
    const model = await bench.request('GET', '/v1/models/my-gpt-4', undefined, headers);
    expectValid('Model', model.json);
  });

  it('errors', async () => {
    await bench.addModel('failing', 'gpt-upstream;status=500');
    const answers = [
      await post({ temperature: 5 }),
      await post({ model: 'nothing' }),
      await post({ model: 'failing' }),
      await bench.request('GET', '/v1/models'),
      await bench.request('GET', '/v1/nothing'),
      await bench.request('DELETE', '/v1/models'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 404, 503, 401, 404, 405]);
    for (const { json } of answers) expectValid('ErrorResponse', json);
  });

  it('and not everything would be', () => {
    const answer = { object: 'chat.completion', choices: [] };
    expect(description.isValid('CreateChatCompletionResponse', answer)).toBe(false);
    expect(description.isValid('ErrorResponse', { error: { message: 'x', type: 'y' } })).toBe(false);
  });
});
