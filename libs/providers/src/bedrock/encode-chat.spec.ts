import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatRequest, GatewayError, JsonRequest } from '#contract';
import { madeTarget } from '../../../../test/support/made-context.js';
import { encodeChat } from './encode-chat.js';
import { traitsOf } from './model-traits.js';

const MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const HI = { role: 'user', content: 'Hi' };

function encode(request: object, model = MODEL) {
  const value = { model: 'm', messages: [HI], ...request } as ChatRequest;
  const asked = { value } as JsonRequest<ChatRequest>;
  return JSON.parse(encodeChat(asked, madeTarget('bedrock', model)).toString());
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
const AT = 'messages[1].content[0]';
const IMAGE = `${AT}.image_url.url`;
const DATA = `${AT}.file.file_data`;

describe('what cannot be said', () => {
  it.each<[object, string, string]>([
    [{ messages: ['Hi'] }, 'invalid_type', 'messages[0]'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'invalid_type', 'messages[0].content'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'invalid_type', 'messages[0].tool_call_id'],
    [{ messages: [{ role: 'assistant', audio: { id: 'a' } }] }, 'unsupported_parameter', 'messages[0].audio'],
    [
      { messages: [{ role: 'assistant', function_call: {} }] },
      'unsupported_parameter',
      'messages[0].function_call',
    ],
    [
      { messages: [{ role: 'system', content: [{ type: 'image_url', image_url: { url: 'https://x' } }] }] },
      'unsupported_parameter',
      'messages[0].content[0]',
    ],
    [part(null), 'invalid_type', AT],
    [part({ type: 'hologram' }), 'unsupported_parameter', AT],
    [part({ type: 'image_url', image_url: {} }), 'invalid_type', IMAGE],
    [part({ type: 'image_url', image_url: { url: 'cat.png' } }), 'invalid_value', IMAGE],
    [part({ type: 'image_url', image_url: 'http://x/cat.png' }), 'unsupported_parameter', IMAGE],
    [part({ type: 'image_url', image_url: { url: 's3://b/cat.png' } }), 'unsupported_parameter', IMAGE],
    [part({ type: 'file', file: { file_data: 'https://x/a.pdf' } }), 'unsupported_parameter', DATA],
    [
      part({ type: 'file', file: { file_data: 'data:application/zip;base64,AA==' } }),
      'unsupported_parameter',
      DATA,
    ],
    [{ tools: {} }, 'invalid_type', 'tools'],
    [{ tools: [{ type: 'custom' }] }, 'unsupported_parameter', 'tools[0].type'],
    [{ tool_choice: 'some' }, 'invalid_value', 'tool_choice'],
    [{ response_format: { type: 'grammar' } }, 'unsupported_parameter', 'response_format.type'],
    [{ audio: { voice: 'alloy' } }, 'unsupported_parameter', 'audio'],
    [{ logit_bias: { 5: 1 } }, 'unsupported_parameter', 'logit_bias'],
    [{ stop: ['END', ' '] }, 'unsupported_parameter', 'stop'],
  ])('%j', (request, code, param) => expect(refusalOf(request)).toMatchObject({ code, param, status: 400 }));
});

describe('what is said in other words', () => {
  it.each<[string, string, object, object]>([
    [
      'an S3 document, by the ending of its name',
      'amazon.nova-pro-v1:0',
      part({ type: 'file', file: { file_data: 's3://b/a.docx' } }),
      {
        messages: [
          {
            role: 'user',
            content: [
              { text: 'Hi' },
              {
                document: {
                  format: 'docx',
                  name: 'document',
                  source: { s3Location: { uri: 's3://b/a.docx' } },
                },
              },
            ],
          },
        ],
      },
    ],
    [
      'white space, at which others stop',
      'mistral.mistral-large-2407-v1:0',
      { stop: '\n' },
      {
        inferenceConfig: { stopSequences: ['\n'] },
      },
    ],
    [
      'two marks in one place',
      MODEL,
      {
        messages: [
          {
            role: 'user',
            cache_control: { type: 'ephemeral' },
            content: [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }],
          },
        ],
      },
      { messages: [{ role: 'user', content: [{ text: 'Hi' }, { cachePoint: { type: 'default' } }] }] },
    ],
    [
      'the limit of today',
      MODEL,
      { max_tokens: 5, max_completion_tokens: 6 },
      { inferenceConfig: { maxTokens: 6 } },
    ],
  ])('%s', (_, model, request, members) => expect(encode(request, model)).toMatchObject(members));

  it('an id that Bedrock would not take', () => {
    const id = `call.${'x'.repeat(80)}|1`;
    const { messages } = encode({
      messages: [
        { role: 'assistant', tool_calls: [{ id, function: { name: 'f', arguments: '{}' } }] },
        { role: 'tool', tool_call_id: id, content: 'x' },
      ],
    });
    const { toolUseId } = messages[0].content[0].toolUse;
    expect(toolUseId).toMatch(/^[\w-]{1,64}$/);
    expect(messages[1].content[0].toolResult.toolUseId).toBe(toolUseId);
  });
});

it('names of documents are what Bedrock takes, each once', () => {
  const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('a.pdf'), fc.constant(undefined));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), (names) => {
      const content = names.map((filename) => ({
        type: 'file',
        file: { filename, file_data: 'data:application/pdf;base64,AA==' },
      }));
      const [turn] = encode({ messages: [{ role: 'user', content }] }).messages;
      const documents = turn.content.slice(0, names.length) as { document: { name: string } }[];
      const given = documents.map(({ document }) => document.name);
      expect(new Set(given).size).toBe(names.length);
      for (const one of given) expect(one).toMatch(/^(?! )(?!.* {2})[a-zA-Z0-9()[\] -]{1,200}(?<! )$/);
    }),
  );
});

describe('what a model takes', () => {
  it.each<[string, object]>([
    [
      'anthropic.claude-3-haiku-20240307-v1:0',
      { reasoning: 'claude', claude: { thinking: 'none', samplers: 2 } },
    ],
    ['us.anthropic.claude-3-7-sonnet-20250219-v1:0', { claude: { thinking: 'budget' } }],
    ['global.anthropic.claude-sonnet-4-20250514-v1:0', { claude: { thinking: 'budget', samplers: 2 } }],
    ['eu.anthropic.claude-opus-4-6-v1', { claude: { thinking: 'adaptive' }, cachePoints: 'everywhere' }],
    [
      'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-4-1-20250805-v1:0',
      { claude: { samplers: 1 } },
    ],
    ['amazon.nova-lite-v1:0', { reasoning: undefined, topK: 'inferenceConfig', cachePoints: 'prompts' }],
    ['us.amazon.nova-2-lite-v1:0', { reasoning: 'nova' }],
    ['openai.gpt-oss-20b-1:0', { reasoning: 'effort', canBeForced: false }],
    ['mistral.mistral-large-2407-v1:0', { canBeForced: true, cachePoints: 'nowhere' }],
    ['us.meta.llama3-3-70b-instruct-v1:0', { canBeForced: false, cachePoints: 'nowhere' }],
    ['deepseek.r1-v1:0', { cachePoints: 'nowhere', readsS3: false }],
    [
      'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2',
      { claude: undefined, cachePoints: 'everywhere', readsS3: true },
    ],
  ])('%s', (model, traits) => expect(traitsOf(model)).toMatchObject(traits));
});
