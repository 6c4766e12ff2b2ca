import { describe, expect, it } from 'vitest';
import { NO_USAGE } from '#contract';
import type { OperationName, RelayedRequest } from '#contract';
import type { Winner } from './attempt.js';
import type { Call } from './call.js';
import { estimateUsage } from './estimate-usage.js';
import { SeenText } from './seen-text.js';

const call = (operation: OperationName, value: object): Call =>
  ({ operation, request: { value: { model: 'm', ...value } as RelayedRequest } }) as unknown as Call;

const prompt = (operation: OperationName, value: object) =>
  estimateUsage(call(operation, value), undefined)?.promptTokens ?? -1;

const whole = (body: object): Winner => ({
  kind: 'whole',
  decoded: { body: Buffer.from(JSON.stringify(body)), usage: undefined },
});

const event = (content: string): Buffer =>
  Buffer.from(
    `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","model":"my-gpt-4","choices":[{"index":0,"delta":{"content":${JSON.stringify(content)}}}]}\n\n`,
  );

function seen(contents: readonly string[]): SeenText {
  const text = new SeenText();
  for (const content of contents) text.add([event(content)]);
  return text;
}

describe('an estimate of a prompt', () => {
  it('takes thoughts once, however often they are told', () => {
    const thoughts = { reasoning_content: 'one two three' };
    const thinking_blocks = [{ type: 'thinking', thinking: 'one two three', signature: 'x'.repeat(400) }];
    const once = prompt('chat', { messages: [{ role: 'assistant', ...thoughts }] });
    const extra_content = { google: { thought_signature: 'x'.repeat(400) } };
    const again = { ...thoughts, thinking_blocks, extra_content };
    expect(prompt('chat', { messages: [{ role: 'assistant', ...again }] })).toBe(once);
  });

  it('takes an image of a response for an image, and nothing that is sealed', () => {
    const said = { role: 'user', content: [{ type: 'input_text', text: 'one two three' }] };
    const plain = prompt('responses', { input: [said] });
    const image = { type: 'input_image', image_url: `data:image/png;base64,${'A'.repeat(1_000_000)}` };
    const shown = { ...said, content: [...said.content, image] };
    expect(prompt('responses', { input: [shown] })).toBe(plain + 765);
    const sealed = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x'.repeat(4_000) };
    expect(prompt('responses', { input: [sealed, said] })).toBe(plain);
  });

  it('takes no call, no result and no thought for an image', () => {
    const content = [
      { type: 'thinking', thinking: 'one', signature: 'x'.repeat(4_000) },
      { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} },
    ];
    expect(prompt('messages', { messages: [{ role: 'assistant', content }] })).toBeLessThan(20);
  });

  it('is of messages, their parts, and tools', () => {
    const plain = prompt('chat', { messages: [{ role: 'user', content: 'Say hello to my friend.' }] });
    expect(plain).toBeGreaterThanOrEqual(9);
    expect(plain).toBeLessThanOrEqual(12);
    const parts = [{ type: 'text', text: 'Say hello to my friend.' }];
    expect(prompt('chat', { messages: [{ role: 'user', content: parts }] })).toBe(plain);
    const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }];
    expect(prompt('chat', { messages: [{ role: 'user', content: parts }], tools })).toBeGreaterThan(
      plain + 10,
    );
  });

  it('takes an image for an image, not for a text', () => {
    const url = `data:image/png;base64,${'A'.repeat(1_000_000)}`;
    const content = [{ type: 'image_url', image_url: { url } }];
    expect(prompt('chat', { messages: [{ role: 'user', content }] })).toBe(769);
  });

  it.each<[string, OperationName, object, number]>([
    ['a text', 'completions', { prompt: 'one two three' }, 3],
    ['texts', 'embeddings', { input: ['one two', 'three'] }, 3],
    ['tokens', 'embeddings', { input: [1, 2, 3, 4] }, 4],
    ['several of them', 'completions', { prompt: [[1, 2], [3]] }, 3],
    ['nothing', 'completions', {}, 0],
  ])('is of %s', (_, operation, value, tokens) => {
    expect(prompt(operation, value)).toBe(tokens);
  });

  it('is of a query and the documents that it is asked of', () => {
    const documents = ['one two', { title: 'three', pages: 7 }];
    const usage = estimateUsage(call('rerank', { query: 'four', documents }), whole({ results: [] }));
    expect(usage?.completionTokens).toBe(0);
    expect(usage?.promptTokens).toBeGreaterThanOrEqual(4);
    expect(usage?.promptTokens).toBeLessThanOrEqual(6);
  });

  it('is not made for moderations', () => {
    expect(estimateUsage(call('moderations', { input: 'x' }), undefined)).toBeUndefined();
  });

  it('is of the text that is spoken, in code points too', () => {
    const usage = estimateUsage(call('speech', { input: 'one two 😀', response_format: 'wav' }), undefined);
    expect(usage).toMatchObject({ characters: 9, promptTokens: 4, completionTokens: 0 });
  });

  it.each<OperationName>(['image_generations', 'image_edits'])('is of the words of %s', (operation) => {
    const usage = estimateUsage(
      call(operation, { prompt: 'one two three', response_format: 'url' }),
      undefined,
    );
    expect(usage).toEqual({ ...NO_USAGE, promptTokens: 3 });
  });
});

describe('an estimate of what was heard', () => {
  const said = (text: string, contentType = 'text/plain'): Winner => ({
    kind: 'whole',
    decoded: { body: Buffer.from(text), usage: undefined, contentType },
  });
  const heard = (response_format: string | undefined, seconds: number | undefined, winner?: Winner) => {
    const { request, ...rest } = call('transcriptions', { response_format });
    return estimateUsage({ ...rest, request: { ...request, upload: { seconds } } } as Call, winner);
  };
  const SRT = '1\n00:00:00,000 --> 00:00:02,500\none two three\n';

  it.each<[string, string | undefined, number | undefined, Winner | undefined, number, number]>([
    ['text', 'text', undefined, said('one two three'), 0, 3],
    ['text of a sound whose length is known', 'text', 4, said('one two three'), 4, 3],
    ['subtitles, which tell how long it is', 'srt', undefined, said(SRT), 2.5, 3],
    ['subtitles of a sound that goes on behind them', 'srt', 4, said(SRT), 4, 3],
    ['JSON', undefined, undefined, said('{"text":"one two three"}', 'application/json'), 0, 3],
    ['nothing, since the client left', 'text', 4, undefined, 4, 0],
  ])('from %s', (_, format, seconds, winner, audioSeconds, completionTokens) => {
    const tokens = audioSeconds * 10;
    expect(heard(format, seconds, winner)).toEqual({
      ...NO_USAGE,
      audioSeconds,
      promptTokens: tokens,
      audioPromptTokens: tokens,
      completionTokens,
    });
  });
});

describe('an estimate of an answer', () => {
  it.each([
    [{ choices: [{ message: { role: 'assistant', content: 'one two three' } }] }, 3],
    [{ choices: [{ message: { content: 'one' } }, { message: { content: ' two' } }] }, 2],
    [{ choices: [{ text: 'one two' }] }, 2],
    [{ choices: [{ message: { content: null, reasoning_content: 'one two three' } }] }, 3],
    [{ choices: 'nonsense' }, 0],
    [{}, 0],
  ])('%j', (body, tokens) => {
    expect(estimateUsage(call('chat', {}), whole(body))?.completionTokens).toBe(tokens);
  });

  it('of tools that it calls', () => {
    const tool_calls = [
      { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"x"}' } },
    ];
    const { completionTokens } =
      estimateUsage(call('chat', {}), whole({ choices: [{ message: { tool_calls } }] })) ?? {};
    expect(completionTokens).toBeGreaterThanOrEqual(4);
    expect(completionTokens).toBeLessThanOrEqual(8);
  });
});

describe('what was seen of a stream', () => {
  const words = (count: number) => Array.from({ length: count }, (_, at) => (at === 0 ? 'word' : ' word'));

  it.each([0, 1, 7, 50])('of %d words is exact', (count) => {
    expect(seen(words(count)).tokens()).toBe(count);
  });

  it('of many is told from its beginning, and holds no more than that', () => {
    const text = seen(words(10_000));
    expect(Math.abs(text.tokens() / 10_000 - 1)).toBeLessThan(0.02);
    const { sample } = text as unknown as { sample: Buffer[] };
    expect(sample.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(16 * 1024);
  });

  it('is the same when many events come in one piece', () => {
    for (const count of [3, 200, 10_000]) {
      const text = new SeenText();
      text.add([Buffer.concat(words(count).map(event))]);
      expect(Math.abs(text.tokens() / seen(words(count)).tokens() - 1)).toBeLessThan(0.02);
    }
  });

  it('of a long one is read on the way, and little of it is kept', () => {
    const text = new SeenText();
    text.add(words(20).map(event));
    text.condense();
    for (const word of words(10_000)) text.add([event(word)]);
    expect(Math.abs(text.tokens() / 10_020 - 1)).toBeLessThan(0.02);
    text.condense();
    let most = 0;
    const other = new SeenText();
    other.condense();
    for (const word of words(200)) {
      other.add([event(word)]);
      const { sample } = other as unknown as { sample: Buffer[] };
      most = Math.max(
        most,
        sample.reduce((sum, { length }) => sum + length, 0),
      );
    }
    expect(most).toBeLessThanOrEqual(2 * 1024);
  });

  it('of many in one piece does not keep the piece', () => {
    const text = new SeenText();
    const piece = Buffer.concat(words(10_000).map(event));
    text.add([piece]);
    const { sample } = text as unknown as { sample: Buffer[] };
    expect(sample.map(({ buffer }) => buffer)).not.toContain(piece.buffer);
  });

  it('of a transcript is its pieces, once', () => {
    const text = new SeenText();
    const events = [
      { type: 'transcript.text.delta', delta: 'one two' },
      { type: 'transcript.text.delta', delta: ' three' },
      { type: 'transcript.text.done', text: 'one two three' },
    ];
    for (const each of events) text.add([Buffer.from(`data: ${JSON.stringify(each)}\n\n`)]);
    expect(text.tokens()).toBe(3);
  });

  it('of large events is of their size', () => {
    const text = 'word '.repeat(4_000);
    expect(Math.abs(seen([text]).tokens() / 5_000 - 1)).toBeLessThan(0.02);
  });

  it('of what is no JSON is nothing', () => {
    const text = new SeenText();
    text.add([Buffer.from('data: nonsense\n\n'), Buffer.from(': comment\n\n')]);
    expect(text.tokens()).toBe(0);
  });
});
