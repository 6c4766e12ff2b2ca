import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatRequest, GatewayError, JsonRequest } from '#contract';
import { madeContext, madeTarget } from '../../../../test/support/made-context.js';
import { decodeChat } from './decode-chat.js';
import { encodeChat } from './encode-chat.js';

const MODEL = 'claude-sonnet-4-5';
const HI = { role: 'user', content: 'Hi' };

function encode(request: object, model = MODEL) {
  const value = { model: 'm', messages: [HI], ...request } as ChatRequest;
  const asked = { value } as JsonRequest<ChatRequest>;
  return JSON.parse(encodeChat(asked, madeTarget('anthropic', model)).toString());
}

function refusalOf(request: object): GatewayError {
  try {
    encode(request);
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('It is taken.');
}

const part = (value: unknown) => ({ messages: [HI, { role: 'user', content: ['', value].slice(1) }] });
const called = (call: unknown) => ({ messages: [{ role: 'assistant', tool_calls: [call] }] });
const AT = 'messages[1].content[0]';
const CALL = 'messages[0].tool_calls[0]';

describe('what cannot be said', () => {
  it.each<[object, string, string]>([
    [{ messages: ['Hi'] }, 'invalid_type', 'messages[0]'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'invalid_type', 'messages[0].content'],
    [{ messages: [{ role: 'constructor', content: 'x' }] }, 'unsupported_parameter', 'messages[0].role'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'invalid_type', 'messages[0].tool_call_id'],
    [{ messages: [{ role: 'assistant', audio: { id: 'a' } }] }, 'unsupported_parameter', 'messages[0].audio'],
    [
      { messages: [{ role: 'system', content: [{ type: 'image_url', image_url: { url: 'https://x' } }] }] },
      'unsupported_parameter',
      'messages[0].content[0]',
    ],
    [part('text'), 'invalid_type', AT],
    [part(null), 'invalid_type', AT],
    [part({}), 'unsupported_parameter', AT],
    [part({ type: 'hologram' }), 'unsupported_parameter', AT],
    [part({ type: 'text' }), 'invalid_type', `${AT}.text`],
    [part({ type: 'image_url', image_url: {} }), 'invalid_type', `${AT}.image_url.url`],
    [part({ type: 'image_url', image_url: { url: 'cat.png' } }), 'invalid_value', `${AT}.image_url.url`],
    [
      part({ type: 'image_url', image_url: { url: 'data:text/html;base64,AA==' } }),
      'invalid_value',
      `${AT}.image_url.url`,
    ],
    [part({ type: 'file', file: { file_id: 'file-1' } }), 'unsupported_parameter', `${AT}.file.file_id`],
    [
      part({ type: 'file', file: { file_data: 'data:application/zip;base64,AA==' } }),
      'unsupported_parameter',
      `${AT}.file.file_data`,
    ],
    [called({ id: 'a', type: 'custom', custom: {} }), 'unsupported_parameter', `${CALL}.type`],
    [called({ type: 'function', function: { name: 'f' } }), 'invalid_type', `${CALL}.id`],
    [
      called({ id: 'a', function: { name: 'f', arguments: '[1]' } }),
      'invalid_value',
      `${CALL}.function.arguments`,
    ],
    [
      called({ id: 'a', function: { name: 'f', arguments: {} } }),
      'invalid_type',
      `${CALL}.function.arguments`,
    ],
    [{ tools: {} }, 'invalid_type', 'tools'],
    [{ tools: [{ type: 'function', function: {} }] }, 'invalid_type', 'tools[0].function.name'],
    [{ tool_choice: 'some' }, 'invalid_value', 'tool_choice'],
    [{ tool_choice: { type: 'custom' } }, 'unsupported_parameter', 'tool_choice.type'],
    [{ response_format: 'json' }, 'invalid_type', 'response_format'],
    [{ response_format: { type: 'grammar' } }, 'unsupported_parameter', 'response_format.type'],
    [{ audio: { voice: 'alloy' } }, 'unsupported_parameter', 'audio'],
    [{ top_logprobs: 3 }, 'unsupported_parameter', 'top_logprobs'],
    [{ function_call: { name: 'f' } }, 'unsupported_parameter', 'function_call'],
    [{ stop: ['END', ' '] }, 'unsupported_parameter', 'stop'],
  ])('%j', (request, code, param) => expect(refusalOf(request)).toMatchObject({ code, param, status: 400 }));
});

describe('what is said in other words', () => {
  it.each<[string, object, object]>([
    ['a bare URL of an image', part({ type: 'image_url', image_url: 'https://x/y' }), {}],
    [
      'null, which is nothing',
      { temperature: null, tools: null, stop: null, n: null, user: null, logprobs: null },
      {},
    ],
    ['a text', { response_format: { type: 'text' } }, {}],
    ['the limit of today', { max_tokens: 5, max_completion_tokens: 6 }, { max_tokens: 6 }],
    [
      'an effort beside thinking of one’s own',
      { thinking: { type: 'disabled' }, reasoning_effort: 'high' },
      { thinking: { type: 'disabled' } },
    ],
    [
      'Anthropic’s own members',
      { cache_control: { type: 'ephemeral' }, output_config: { effort: 'low' } },
      { cache_control: { type: 'ephemeral' }, output_config: { effort: 'low' } },
    ],
    ['an id where there is no user', { safety_identifier: 'abc' }, { metadata: { user_id: 'abc' } }],
  ])('%s', (_, request, members) => expect(encode(request)).toMatchObject(members));

  it('a tool that stands for the answer has a name of its own', () => {
    const tools = [{ type: 'function', function: { name: 'json_answer' } }];
    const { tools: offered, tool_choice: choice } = encode({
      tools,
      response_format: { type: 'json_object' },
    });
    expect(offered.map(({ name }: { name: string }) => name)).toEqual(['json_answer', 'json_answer_']);
    expect(choice).toEqual({ type: 'any', disable_parallel_tool_use: true });
  });

  it('a client that wants a call of its tools gets no other one', () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    const asked = encode({ tools, tool_choice: 'required', response_format: { type: 'json_object' } });
    expect([asked.tools.length, asked.tool_choice]).toEqual([1, { type: 'any' }]);
  });
});

const text = fc
  .string({ minLength: 1, unit: 'binary' })
  .filter((value) => value.trim() === value && value !== '');
const thought = fc.oneof(
  fc.record({ type: fc.constant('thinking'), thinking: fc.string(), signature: text }),
  fc.record({ type: fc.constant('redacted_thinking'), data: text }),
);
const call = fc.record({
  type: fc.constant('tool_use'),
  id: fc.stringMatching(/^toolu_\w{1,8}$/),
  name: fc.stringMatching(/^\w{1,8}$/),
  input: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
});
const answer = fc
  .tuple(
    fc.array(thought, { maxLength: 3 }),
    fc.array(fc.record({ type: fc.constant('text'), text }), { maxLength: 1 }),
    fc.array(call, { maxLength: 3 }),
  )
  .map((blocks) => blocks.flat())
  .filter((blocks) => blocks.length > 0);

it('an answer goes back as it came', () => {
  fc.assert(
    fc.property(answer, (content) => {
      const body = Buffer.from(JSON.stringify({ type: 'message', id: 'msg_1', content }));
      const { choices } = JSON.parse(decodeChat(body, madeContext()).body.toString());
      const { messages } = encode({ messages: [HI, choices[0].message, HI] });
      expect(messages[1]).toEqual({ role: 'assistant', content: JSON.parse(JSON.stringify(content)) });
    }),
  );
});
