import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatRequest, GatewayError, JsonRequest } from '#contract';
import { madeContext, madeTarget } from '../../../../test/support/made-context.js';
import { decodeChat } from './decode-chat.js';
import { encodeChat } from './encode-chat.js';

const MODEL = 'gemini-2.5-flash';
const HI = { role: 'user', content: 'Hi' };

function encode(request: object, model = MODEL) {
  const value = { model: 'm', messages: [HI], ...request } as ChatRequest;
  const asked = { value } as JsonRequest<ChatRequest>;
  return JSON.parse(encodeChat(asked, madeTarget('gemini', model)).toString());
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
      { messages: [{ role: 'assistant', function_call: { name: 'f' } }] },
      'unsupported_parameter',
      'messages[0].function_call',
    ],
    [
      { messages: [{ role: 'system', content: [{ type: 'image_url', image_url: { url: 'https://x' } }] }] },
      'unsupported_parameter',
      'messages[0].content[0]',
    ],
    [part('text'), 'invalid_type', AT],
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
    [part({ type: 'file', file: { file_data: 'JVBERi0=' } }), 'invalid_value', `${AT}.file.file_data`],
    [part({ type: 'input_audio', input_audio: { format: 'wav' } }), 'invalid_type', `${AT}.input_audio.data`],
    [called({ id: 'a', type: 'custom', custom: {} }), 'unsupported_parameter', `${CALL}.type`],
    [called({ type: 'function', function: { name: 'f' } }), 'invalid_type', `${CALL}.id`],
    [
      called({ id: 'a', function: { name: 'f', arguments: '[1]' } }),
      'invalid_value',
      `${CALL}.function.arguments`,
    ],
    [{ tools: {} }, 'invalid_type', 'tools'],
    [{ tools: [{ type: 'custom', custom: {} }] }, 'unsupported_parameter', 'tools[0].type'],
    [{ tools: [{ type: 'function', function: {} }] }, 'invalid_type', 'tools[0].function.name'],
    [{ tool_choice: 'some' }, 'invalid_value', 'tool_choice'],
    [{ tool_choice: { type: 'custom' } }, 'unsupported_parameter', 'tool_choice.type'],
    [{ response_format: 'json' }, 'invalid_type', 'response_format'],
    [{ response_format: { type: 'grammar' } }, 'unsupported_parameter', 'response_format.type'],
    [{ audio: { voice: 'alloy' } }, 'unsupported_parameter', 'audio'],
    [{ function_call: { name: 'f' } }, 'unsupported_parameter', 'function_call'],
  ])('%j', (request, code, param) => expect(refusalOf(request)).toMatchObject({ code, param, status: 400 }));
});

describe('what is said in other words', () => {
  it('null, which is nothing', () => {
    const nothing = {
      temperature: null,
      tools: null,
      stop: null,
      n: null,
      seed: null,
      response_format: null,
    };
    expect(encode(nothing)).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] });
  });

  it('a result whose call is not there, under the name that it gives itself', () => {
    const messages = [{ role: 'tool', tool_call_id: 'a', name: 'f', content: '[1]' }];
    expect(encode({ messages }).contents[0].parts).toEqual([
      { functionResponse: { name: 'f', response: { output: '[1]' } } },
    ]);
  });

  it('results in the order of their calls, though a client counts anew in every turn', () => {
    const calls = (...ids: string[]) => ({
      role: 'assistant',
      tool_calls: ids.map((id) => ({ id, function: { name: `f${id}` } })),
    });
    const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: id });
    const messages = [
      HI,
      calls('0', '1'),
      result('1'),
      result('0'),
      calls('1', '0'),
      result('0'),
      result('1'),
    ];
    const names = encode({ messages }).contents.map(
      ({ parts }: { parts: { functionResponse?: { name: string } }[] }) =>
        parts.flatMap((one) => one.functionResponse?.name ?? []),
    );
    expect(names).toEqual([[], [], ['f0', 'f1'], [], ['f1', 'f0']]);
  });

  it('a client that wants a call of its tools gets no other form of answer', () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    const asked = encode({ tools, tool_choice: 'required', response_format: { type: 'json_object' } });
    expect([asked.systemInstruction, asked.generationConfig]).toEqual([undefined, undefined]);
  });

  it.each([
    ['minimal', 'gemini-2.5-pro', { thinkingBudget: 1_024 }],
    ['xhigh', 'gemini-2.5-pro', { thinkingBudget: 32_768 }],
    ['xhigh', 'gemini-2.5-flash', { thinkingBudget: 24_576 }],
    ['minimal', 'gemini-3-flash-preview', { thinkingLevel: 'MINIMAL' }],
    ['minimal', 'gemini-3-pro-preview', { thinkingLevel: 'LOW' }],
    ['xhigh', 'gemini-3.8-flash', { thinkingLevel: 'HIGH' }],
  ])('an effort: %s of %s', (reasoning_effort, model, told) => {
    const { generationConfig } = encode({ reasoning_effort }, model);
    expect(generationConfig).toEqual({ thinkingConfig: { ...told, includeThoughts: true } });
  });
});

const text = fc.string({ minLength: 1, unit: 'binary' });
const signature = fc.stringMatching(/^[A-Za-z0-9+/]{4,12}$/);
const call = fc.record(
  {
    functionCall: fc.record({
      id: fc.uuid(),
      name: fc.stringMatching(/^\w{1,8}$/),
      args: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
    }),
    thoughtSignature: signature,
  },
  { requiredKeys: ['functionCall'] },
);
const answer = fc
  .tuple(
    fc.array(fc.record({ text, thoughtSignature: signature }, { requiredKeys: ['text'] }), { maxLength: 1 }),
    fc.array(call, { maxLength: 3 }),
  )
  .map((parts) => parts.flat())
  .filter((parts) => parts.length > 0);

/** A model that wants signatures gives them: without one there is a word in its place. */
function signedAtLeast(parts: { functionCall?: object; thoughtSignature?: string }[]) {
  const first = parts.find(({ functionCall: called }) => called);
  if (first) first.thoughtSignature ??= 'skip_thought_signature_validator';
  return parts;
}

it('an answer goes back as it came', () => {
  fc.assert(
    fc.property(answer, (parts) => {
      const body = Buffer.from(
        JSON.stringify({ candidates: [{ content: { parts }, finishReason: 'STOP' }] }, null, 2),
      );
      const { choices } = JSON.parse(decodeChat(body, madeContext()).body.toString());
      const { contents } = encode({ messages: [HI, choices[0].message, HI] }, 'gemini-3-flash');
      expect(contents[1]).toEqual({ role: 'model', parts: signedAtLeast(JSON.parse(JSON.stringify(parts))) });
    }),
  );
});
