import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { readEvents } from '../support/read-events.js';

/** OpenAI's own description of its API: too large to keep here. */
const DESCRIPTION = new URL('../../../shared/openapi/openai.json', import.meta.url);
const isHere = existsSync(DESCRIPTION);

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

describe.skipIf(!isHere)('what the gateway answers is valid by OpenAI’s description', () => {
  let bench: TestBench;
  let ajv: Ajv2020;
  let key: string;

  beforeAll(async () => {
    ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
    ajv.addSchema(asJsonSchema(JSON.parse(readFileSync(DESCRIPTION, 'utf8'))) as object, 'openai');
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
  const schema = (name: string): ValidateFunction =>
    ajv.compile({ $ref: `openai#/components/schemas/${name}` });
  const expectValid = (validate: ValidateFunction, value: unknown): void => {
    validate(value);
    expect({ errors: validate.errors, value }).toEqual({ errors: null, value });
  };

  it.each(REQUESTS)('%s, whole', async (_, body) => {
    expectValid(schema('CreateChatCompletionResponse'), (await post(body)).json);
  });

  it.each(REQUESTS)('%s, streamed, with usage and without', async (_, body) => {
    const validate = schema('CreateChatCompletionStreamResponse');
    for (const include_usage of [false, true]) {
      const { text } = await post({ ...body, stream: true, stream_options: { include_usage } });
      const { chunks, isDone } = readEvents(text);
      expect([isDone, chunks.length > 2]).toEqual([true, true]);
      for (const chunk of chunks) expectValid(validate, chunk);
    }
  });

  it('models', async () => {
    const headers = { authorization: `Bearer ${key}` };
    const list = await bench.request('GET', '/v1/models', undefined, headers);
    expectValid(schema('ListModelsResponse'), list.json);
    const model = await bench.request('GET', '/v1/models/my-gpt-4', undefined, headers);
    expectValid(schema('Model'), model.json);
  });

  it('errors', async () => {
    const validate = schema('ErrorResponse');
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
    for (const { json } of answers) expectValid(validate, json);
  });

  it('and not everything would be', () => {
    expect(schema('CreateChatCompletionResponse')({ object: 'chat.completion', choices: [] })).toBe(false);
    expect(schema('ErrorResponse')({ error: { message: 'x', type: 'y' } })).toBe(false);
  });
});

/** `nullable` is OpenAPI 3.0's word, which JSON Schema does not know. */
function asJsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asJsonSchema);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, asJsonSchema(member)]),
  );
  if (nullable !== true) return rest;
  const { description, ...schema } = rest;
  return { description, anyOf: [schema, { type: 'null' }] };
}
