import { describe, expect, it } from 'vitest';
import type { ChatRequest, GatewayError, JsonRequest } from '#contract';
import { madeTarget } from '../../../../test/support/made-context.js';
import { encodeChat } from './encode-chat.js';

const HI = { role: 'user', content: 'Hi' };
const MODEL = 'command-a-03-2025';
const REASONING = 'command-a-reasoning-08-2025';

function encode(request: object, model = MODEL) {
  const value = { model: 'm', messages: [HI], ...request } as ChatRequest;
  const asked = { value } as JsonRequest<ChatRequest>;
  return JSON.parse(encodeChat(asked, madeTarget('cohere', model)).toString());
}

function refusalOf(request: object): GatewayError {
  try {
    encode(request);
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('It is taken.');
}

const part = (value: unknown) => ({ messages: [{ role: 'user', content: [value] }] });
const result = (value: unknown) => ({ messages: [{ role: 'tool', tool_call_id: 'a', content: [value] }] });
const called = (call: unknown) => ({ messages: [{ role: 'assistant', tool_calls: [call] }] });
const AT = 'messages[0].content[0]';
const CALL = 'messages[0].tool_calls[0]';
const IMAGE = { type: 'image_url', image_url: { url: 'https://x/y.png' } };

describe('what cannot be said', () => {
  it.each<[object, string, string]>([
    [{ messages: ['Hi'] }, 'invalid_type', 'messages[0]'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'invalid_type', 'messages[0].content'],
    [{ messages: [{ role: 'constructor', content: 'x' }] }, 'unsupported_parameter', 'messages[0].role'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'invalid_type', 'messages[0].tool_call_id'],
    [{ messages: [{ role: 'assistant', audio: { id: 'a' } }] }, 'unsupported_parameter', 'messages[0].audio'],
    [
      { messages: [{ role: 'assistant', function_call: { name: 'f' } }] },
      'unsupported_parameter',
      'messages[0].function_call',
    ],
    [{ messages: [{ role: 'system', content: [IMAGE] }] }, 'unsupported_parameter', AT],
    [{ messages: [{ role: 'assistant', content: [IMAGE] }] }, 'unsupported_parameter', AT],
    [result(IMAGE), 'unsupported_parameter', AT],
    [result({ type: 'document', document: 'x' }), 'invalid_type', `${AT}.document`],
    [part('text'), 'invalid_type', AT],
    [part(null), 'invalid_type', AT],
    [part({}), 'unsupported_parameter', AT],
    [part({ type: 'text' }), 'invalid_type', `${AT}.text`],
    [part({ type: 'image_url', image_url: {} }), 'invalid_type', `${AT}.image_url.url`],
    [
      part({ type: 'image_url', image_url: { url: 'data:text/html;base64,AA==' } }),
      'invalid_value',
      `${AT}.image_url.url`,
    ],
    [called({ id: 'a', type: 'custom', custom: {} }), 'unsupported_parameter', `${CALL}.type`],
    [called({ type: 'function', function: { name: 'f' } }), 'invalid_type', `${CALL}.id`],
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
  ])('%j', (request, code, param) => expect(refusalOf(request)).toMatchObject({ code, param, status: 400 }));
});

describe('what is said in other words', () => {
  it.each<[string, object, object]>([
    [
      'a bare URL of an image',
      part({ type: 'image_url', image_url: 'https://x/y' }),
      {
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x/y' } }] }],
      },
    ],
    [
      'null, which is nothing',
      { temperature: null, tools: null, stop: null, n: null, user: null, seed: null, documents: null },
      {},
    ],
    ['a text', { response_format: { type: 'text' } }, {}],
    ['a choice among no tools', { tools: [], tool_choice: 'required' }, {}],
    [
      'a schema in Cohere’s words',
      { response_format: { type: 'json_object', json_schema: { type: 'object' } } },
      { response_format: { type: 'json_object', json_schema: { type: 'object' } } },
    ],
  ])('%s', (_, request, members) => {
    const plain = { model: MODEL, stream: false, messages: [HI] };
    expect(encode(request)).toEqual({ ...plain, ...members });
  });

  it('an unknown effort is left to the model', () =>
    expect(encode({ reasoning_effort: 'heroic' }, REASONING)).not.toHaveProperty('thinking'));
});
