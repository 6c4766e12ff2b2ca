import { describe, expect, it } from 'vitest';
import type { OperationName } from '#contract';
import { boundOf } from './call-bound.js';
import type { CallBound } from './call-bound.js';

const BYTES = 400;
const NOTHING: CallBound = {
  promptTokens: BYTES,
  seenImages: 0,
  isUnbounded: false,
  rounds: 1,
  answers: 1,
  answerTokens: undefined,
  predictedTokens: 0,
  images: 0,
  audioSeconds: 0,
  characters: 0,
  requests: 1,
  hasSound: false,
  repricedBy: undefined,
};

function bound(operation: OperationName, value: object, rest: object = {}): CallBound {
  const spans = { model: undefined, streamOptions: undefined, close: 0 };
  const request = { bytes: Buffer.alloc(BYTES), value: { model: 'm', ...value }, spans, ...rest };
  return boundOf({ operation, request } as never);
}

function formOf(operation: OperationName, length: number, value: object = {}, seconds?: number): CallBound {
  const upload = { contentType: '', length, seconds, model: { start: 0, end: 0 } };
  return boundOf({ operation, request: { value: { model: 'm', ...value }, upload } } as never);
}

describe('the most that a call can use: what its model writes', () => {
  it.each<[OperationName, object, Partial<CallBound>]>([
    ['chat', {}, {}],
    ['chat', { max_tokens: 7 }, { answerTokens: 7 }],
    ['chat', { max_tokens: 7, max_completion_tokens: 9 }, { answerTokens: 9 }],
    ['chat', { max_tokens: 9, max_completion_tokens: 7 }, { answerTokens: 9 }],
    ['chat', { max_tokens: null, n: 3 }, { answers: 3 }],
    ['chat', { max_tokens: -1 }, {}],
    ['chat', { max_tokens: 'many' }, {}],
    // Of another wire: nobody obeys it here.
    ['chat', { max_output_tokens: 7 }, {}],
    ['chat', { max_tokens: 7, prediction: { content: 'x' } }, { answerTokens: 7, predictedTokens: BYTES }],
    ['chat', { prediction: { content: 'x' } }, { predictedTokens: BYTES }],
    ['chat', { n: 2, best_of: 5 }, { answers: 5 }],
    ['chat', { tools: [{ type: 'function' }] }, { promptTokens: BYTES + 1_000 }],
    [
      'chat',
      { tools: [{ google_search: {} }] },
      { promptTokens: BYTES + 2_000, rounds: Infinity, isUnbounded: true },
    ],
    ['chat', { functions: [{ name: 'x' }] }, { promptTokens: BYTES + 1_000 }],
    ['chat', { modalities: ['text', 'audio'] }, { hasSound: true }],
    ['chat', { audio: { voice: 'x' } }, { hasSound: true }],
    ['chat', { service_tier: 'flex' }, {}],
    ['chat', { service_tier: 'priority' }, { repricedBy: 'service_tier' }],
    ['messages', { speed: 'fast' }, { repricedBy: 'speed' }],
    ['chat', { models: ['dear/one'] }, { repricedBy: 'models' }],
    ['chat', { plugins: [{ id: 'web' }] }, { rounds: Infinity, isUnbounded: true }],
    ['messages', { mcp_servers: [{ url: 'https://x' }] }, { rounds: Infinity, isUnbounded: true }],
    ['chat', { enable_search: false }, {}],
    ['completions', { max_tokens: 7, n: 2 }, { answers: 2, answerTokens: 7 }],
    ['completions', { max_tokens: 0 }, { answerTokens: 0 }],
    [
      'completions',
      { max_tokens: 7, n: 2, best_of: 5, prompt: ['a', 'b', 'c'] },
      { answers: 15, answerTokens: 7 },
    ],
    ['completions', { max_tokens: 7, prompt: [1, 2, 3] }, { answerTokens: 7 }],
    ['completions', { max_tokens: 7, prompt: [[1], [2, 3]] }, { answers: 2, answerTokens: 7 }],
    ['completions', { max_tokens: 7, prompt: [1, 'a', 'b'] }, { answers: 2, answerTokens: 7 }],
    ['responses', { max_output_tokens: 7 }, { answerTokens: 7 }],
    ['responses', { max_tokens: 7 }, {}],
    ['messages', { max_tokens: 9 }, { answerTokens: 9 }],
    ['embeddings', { input: 'text' }, { answerTokens: 0 }],
    ['embeddings', { input: [[1, 2], [3]] }, { answerTokens: 0 }],
    ['moderations', { input: 'text' }, { answerTokens: 0 }],
  ])('%s %j', (operation, value, expected) => {
    expect(bound(operation, value)).toEqual({ ...NOTHING, ...expected });
  });
});

const says = (...content: object[]) => ({ messages: [{ role: 'user', content }], max_tokens: 1 });
const DATA = `data:image/png;base64,${'A'.repeat(78)}`;

describe('the most that a call can use: what its model reads', () => {
  it.each<[OperationName, object, Partial<CallBound>]>([
    ['chat', says({ type: 'text', text: 'image' }), {}],
    ['chat', says({ type: 'image_url', image_url: { url: 'https://x/y.png' } }), { seenImages: 1 }],
    [
      'chat',
      says({ type: 'image_url', image_url: { url: DATA } }),
      { seenImages: 1, promptTokens: BYTES - 100 },
    ],
    ['messages', says({ type: 'image', source: { type: 'url', url: 'https://x' } }), { seenImages: 1 }],
    [
      'messages',
      says({
        type: 'tool_result',
        content: [{ type: 'image', source: { type: 'base64', data: 'A'.repeat(90) } }],
      }),
      { seenImages: 1, promptTokens: BYTES - 90 },
    ],
    ['messages', says({ type: 'document', source: { type: 'text', data: 'words' } }), {}],
    ['messages', says({ type: 'document', source: { type: 'file' } }), { isUnbounded: true, hasSound: true }],
    ['chat', says({ type: 'file', file: { file_id: 'x' } }), { isUnbounded: true, hasSound: true }],
    ['chat', says({ type: 'input_audio', input_audio: { data: 'AAAA' } }), { hasSound: true }],
    [
      'chat',
      says({ type: 'audio_url', audio_url: { url: 'https://x' } }),
      { isUnbounded: true, hasSound: true },
    ],
    [
      'chat',
      says({ type: 'video_url', video_url: { url: 'https://x' } }),
      { isUnbounded: true, hasSound: true },
    ],
    ['chat', { ...says(), web_search_options: {} }, { isUnbounded: true }],
    ['messages', { ...says(), tools: [{ name: 'x' }] }, { promptTokens: BYTES + 1_000 }],
    [
      'messages',
      { ...says(), tools: [{ type: 'web_search_20250305', name: 'x' }] },
      { isUnbounded: true, rounds: Infinity, promptTokens: BYTES + 2_000 },
    ],
    [
      'messages',
      { ...says(), tools: [{ name: 'own' }, { type: 'web_search_20250305', name: 'x', max_uses: 3 }] },
      { isUnbounded: true, rounds: 4, promptTokens: BYTES + 2_000 },
    ],
    [
      'messages',
      { ...says(), tools: [{ type: 'bash_20250124', name: 'bash' }] },
      { promptTokens: BYTES + 2_000 },
    ],
    ['chat', { ...says(), extra_body: { google: { cached_content: 'x' } } }, { isUnbounded: true }],
    // Some servers take parts without a type.
    ['chat', says({ image_url: { url: 'https://x/y.png' } }), { seenImages: 1 }],
    ['chat', says({ video_url: { url: 'https://x' } }), { isUnbounded: true, hasSound: true }],
    ['chat', says({ audio_url: { url: 'https://x' } }), { isUnbounded: true, hasSound: true }],
    [
      'chat',
      { messages: [{ role: 'user', content: 'x', images: ['a', 'b'] }], max_tokens: 1 },
      { seenImages: 2 },
    ],
    [
      'chat',
      { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }], max_tokens: 1 },
      { isUnbounded: true, hasSound: true },
    ],
    ['chat', { messages: [{ role: 'assistant', audio: null }], max_tokens: 1 }, {}],
  ])('%s %j', (operation, value, expected) => {
    expect(bound(operation, value)).toEqual({ ...NOTHING, answerTokens: 1, ...expected });
  });

  it.each<[object, object, Partial<CallBound>]>([
    [{ input: [{ type: 'input_image', image_url: DATA }] }, {}, { seenImages: 1, promptTokens: BYTES - 100 }],
    [{ input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'x' }] }] }, {}, { seenImages: 1 }],
    [
      {
        input: [{ type: 'function_call_output', output: [{ type: 'input_image', image_url: 'https://x' }] }],
      },
      {},
      { seenImages: 1 },
    ],
    [{ input: [{ type: 'item_reference', id: 'x' }] }, {}, { isUnbounded: true, hasSound: true }],
    [{ input: [{ id: 'x' }] }, {}, { isUnbounded: true }],
    [{ previous_response_id: 'x' }, {}, { isUnbounded: true }],
    [{ conversation: 'x' }, {}, { isUnbounded: true }],
    [{ prompt: { id: 'x' } }, {}, { isUnbounded: true }],
    [{}, { history: { length: 1, providerId: undefined } }, { isUnbounded: true }],
    [{ tools: [{ type: 'mcp' }] }, {}, { isUnbounded: true, rounds: Infinity, promptTokens: BYTES + 2_000 }],
    [
      { tools: [{ type: 'web_search' }], max_tool_calls: 2 },
      {},
      { isUnbounded: true, rounds: 3, promptTokens: BYTES + 2_000 },
    ],
    [
      { input: [{ type: 'computer_call_output', output: { type: 'computer_screenshot', file_id: 'x' } }] },
      {},
      { seenImages: 1 },
    ],
  ])('responses %j %j', (value, rest, expected) => {
    expect(bound('responses', value, rest)).toEqual({ ...NOTHING, ...expected });
  });
});

describe('the most that a call can use: what is no text', () => {
  it.each<[OperationName, object, Partial<CallBound>]>([
    ['speech', { input: 'Hello!' }, { characters: 6, answerTokens: 560, hasSound: true }],
    ['image_generations', {}, { images: 1, answerTokens: 10_000 }],
    ['image_generations', { n: 3 }, { images: 3, answers: 3, answerTokens: 10_000 }],
    ['image_edits', {}, { images: 1, answerTokens: 10_000, promptTokens: BYTES + 16 * 7_000 }],
    // 3 documents, and as many pieces as their bytes may be: each is read with the query.
    [
      'rerank',
      { query: 'q'.repeat(10), documents: ['a', 'b', 'c'] },
      { answerTokens: 0, promptTokens: BYTES + 5 * 30 },
    ],
    [
      'rerank',
      { query: 'q', documents: Array.from({ length: 199 }, () => '') },
      { answerTokens: 0, promptTokens: BYTES + 201 * 3, requests: 3 },
    ],
  ])('%s %j', (operation, value, expected) => {
    expect(bound(operation, value)).toEqual({ ...NOTHING, ...expected });
  });

  it('of a recording is as long as its head tells, or as its bytes can be', () => {
    const told = { promptTokens: 80, answerTokens: 75, audioSeconds: 2, hasSound: true };
    expect(formOf('transcriptions', 1_000_000, {}, 2)).toEqual({ ...NOTHING, ...told });
    expect(formOf('translations', 2_000)).toEqual({ ...NOTHING, ...told });
    expect(formOf('transcriptions', 2_000, { prompt: 'x' }).promptTokens).toBe(83);
  });

  it('of a form has images that nobody looked at', () => {
    const expected = { images: 2, answers: 2, answerTokens: 10_000, promptTokens: 12 + 16 * 7_000 };
    expect(formOf('image_edits', 2_000, { n: 2, prompt: 'text' })).toEqual({ ...NOTHING, ...expected });
  });
});
