import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkShape } from './chunk-shape.js';
import { ChunkDecoder } from './decode-stream.js';

const chunk = (content: string): Buffer => Buffer.from(`{"m":"u","delta":{"content":${content}},"end":null}`);
const MODEL = { start: 5, end: 8, text: Buffer.from('"mine"') };

describe('ChunkShape', () => {
  const shape = ChunkShape.of(chunk('"Hello"'), [MODEL]);
  const fill = (content: string): string | undefined => shape?.fill(chunk(content))?.toString();

  it.each(['" world"', '""', '"Grüße 🎈"', String.raw`"two\nlines"`, String.raw`"a backslash \\"`])(
    'makes the event of a chunk that is alike: %s',
    (content) =>
      expect(fill(content)).toBe(`data: {"m":"mine","delta":{"content":${content}},"end":null}\n\n`),
  );

  it.each([
    ['a quote in the text', String.raw`"say \"hi\""`],
    ['a text that goes on behind its end', String.raw`"x\"`],
    ['no text', 'null'],
    ['a member more', '"a","b":"c"'],
    ['a list', '["a"]'],
  ])('leaves alone what is of another shape: %s', (_, content) => expect(fill(content)).toBeUndefined());

  it('leaves alone what has another head or tail', () => {
    const text = chunk('"a"').toString();
    for (const other of [text.replace('"u"', '"v"'), text.replace('null', '"stop"'), text.slice(0, -1), '']) {
      expect(shape?.fill(Buffer.from(other))).toBeUndefined();
    }
  });

  it.each([
    ['without a text', '{"m":"u","delta":{}}'],
    ['with a quote in its text', chunk(String.raw`"a \" b"`).toString()],
  ])('has no shape %s', (_, text) => expect(ChunkShape.of(Buffer.from(text), [MODEL])).toBeUndefined());
});

/** Any stream: texts of all kinds, members that come, go and move. */
const chunks = fc.array(
  fc.record(
    {
      id: fc.constantFrom('a', 'b'),
      content: fc.string({ unit: 'binary' }),
      name: fc.constantFrom('content', 'arguments', 'reasoning', 'text', 'note'),
      model: fc.constantFrom('u', 'content":"'),
      usage: fc.constantFrom(null, undefined, { prompt_tokens: 1, completion_tokens: 2 }),
      finish: fc.constantFrom(null, 'stop'),
      isLast: fc.boolean(),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 12 },
);

describe('a stream of chunks', () => {
  it.each([true, false])('is decoded as each of its chunks alone; usage asked for: %s', (include_usage) => {
    const context = {
      model: Buffer.from('"my-gpt-4"'),
      request: { model: 'my-gpt-4', stream_options: { include_usage } },
      contentType: 'text/event-stream',
    };
    fc.assert(
      fc.property(chunks, (list) => {
        const decoder = new ChunkDecoder(context);
        for (const { id, content, name, model, usage, finish, isLast } of list) {
          const choices = [{ index: 0, delta: { [name]: content }, finish_reason: finish }];
          const value = isLast ? { id, choices, usage, model } : { id, model, choices, usage };
          const data = Buffer.from(JSON.stringify(value));
          const alone = new ChunkDecoder(context);
          const texts = (one: ChunkDecoder): string[] =>
            one.push({ data, event: undefined }).map((piece) => piece.toString());
          expect(texts(decoder)).toEqual(texts(alone));
          if (alone.usage) expect(decoder.usage).toEqual(alone.usage);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
