import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseParser } from '#contract';
import type { SseSink } from '#contract';
import { madeContext } from '../../../../test/support/made-context.js';
import type { DecodeContext } from '../spec.js';
import { ChunkShape } from './chunk-shape.js';
import { ChunkDecoder } from './decode-stream.js';

const chunk = (content: string): Buffer => Buffer.from(`{"m":"u","delta":{"content":${content}},"end":null}`);
const MODEL = { start: 5, end: 8, text: Buffer.from('"mine"') };

const event = (content: string): string => `data: ${chunk(content).toString()}\n\n`;
const out = (content: string): string => `data: {"m":"mine","delta":{"content":${content}},"end":null}\n\n`;

const PLAIN = ['" world"', '""', '"Grüße 🎈"', String.raw`"say \"hi\"\n"`, String.raw`"a backslash \\"`];

describe('ChunkShape', () => {
  const shape = ChunkShape.of(chunk('"Hello"'), [MODEL]);
  const skim = (text: string, from = 0) => {
    const skimmed = shape?.skim(Buffer.from(text), from);
    return skimmed && { ...skimmed, events: skimmed.events.toString() };
  };

  it.each(PLAIN)('reads an event that is alike: %s', (content) => {
    const taken = Buffer.byteLength(event(content));
    expect(skim(event(content))).toEqual({ events: out(content), taken, count: 1 });
  });

  it('reads as many as stand one behind the other, from the place that it is told', () => {
    const text = PLAIN.map(event).join('');
    const from = Buffer.byteLength(event('"before"'));
    const behind = event('null') + event('"behind"');
    expect(skim(event('"before"') + text + behind, from)).toEqual({
      events: PLAIN.map(out).join(''),
      taken: Buffer.byteLength(text),
      count: PLAIN.length,
    });
  });

  it('reads on where it has left off, however long the packet', () => {
    const text = event('"0123456789"').repeat(5_000);
    let from = 0;
    for (let skimmed = skim(text); skimmed; skimmed = skim(text, from)) from += skimmed.taken;
    expect(from).toBe(text.length);
  });

  it.each([
    ['no text', event('null')],
    ['a member more', event('"a","b":"c"')],
    ['a list', event('["a"]')],
    ['a line end in the text', event('"a\nb"')],
    ['half an event', event('"a"').slice(0, -1)],
    ['no space behind the field', event('"a"').replace('data: ', 'data:')],
    ['other line ends', event('"a"').replaceAll('\n', '\r\n')],
    ['another model', event('"a"').replace('"u"', '"v"')],
    ['a finish reason', event('"a"').replace('null', '"stop"')],
    ['an event’s name', `event: x\n${event('"a"')}`],
    ['nothing', ''],
  ])('leaves alone what is of another shape: %s', (_, text) => expect(skim(text)).toBeUndefined());

  it.each([
    ['without a text', '{"m":"u","delta":{}}'],
    ['whose text does not end', '{"m":"u","content":"'],
  ])('has no shape %s', (_, text) => expect(ChunkShape.of(Buffer.from(text), [MODEL])).toBeUndefined());
});

/** Any stream: a few shapes that take turns and stay for a while, texts of all kinds. */
const shapes = fc.array(
  fc.record({
    id: fc.constantFrom('a', 'b'),
    name: fc.constantFrom('content', 'arguments', 'reasoning', 'text', 'note'),
    model: fc.constantFrom('u', 'content":"'),
    usage: fc.constantFrom(null, undefined, { prompt_tokens: 1, completion_tokens: 2 }),
    finish: fc.constantFrom(null, 'stop'),
    isLast: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
);
const runs = fc.array(
  fc.tuple(fc.nat(2), fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 6 })),
  { maxLength: 6 },
);
const chunks = fc.tuple(shapes, runs).map(([list, turns]) =>
  turns.flatMap(([at, contents]) => {
    const { id, name, model, usage, finish, isLast } = list[at % list.length] as (typeof list)[number];
    return contents.map((content) => {
      const choices = [{ index: 0, delta: { [name]: content }, finish_reason: finish }];
      return JSON.stringify(isLast ? { id, choices, usage, model } : { id, model, choices, usage });
    });
  }),
);

function decodeAlone(data: string, context: DecodeContext) {
  const decoder = new ChunkDecoder(context);
  const text = decoder.push({ data: Buffer.from(data), event: undefined }).join('');
  return { text, usage: decoder.usage };
}

function cut(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text);
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

/** As the relay does it. */
function decodeAll(packets: readonly Buffer[], decoder: ChunkDecoder): string {
  const parser = new SseParser();
  const pieces: Buffer[] = [];
  const sink: SseSink = {
    event: (one) => void pieces.push(...decoder.push(one)),
    skim(bytes, from) {
      const skimmed = decoder.skim(bytes, from);
      if (skimmed) pieces.push(skimmed.events);
      return skimmed?.taken ?? 0;
    },
  };
  for (const packet of packets) parser.feed(packet, sink);
  return Buffer.concat(pieces).toString();
}

describe('a stream of chunks', () => {
  it.each([true, false])('is decoded as each of its chunks alone; usage asked for: %s', (includeUsage) => {
    const context = madeContext({ includeUsage });
    fc.assert(
      fc.property(chunks, fc.nat(400), (datas, size) => {
        const decoder = new ChunkDecoder(context);
        const alone = datas.map((data) => decodeAlone(data, context));
        const packets = cut(datas.map((data) => `data: ${data}\n\n`).join(''), size + 1);
        expect(decodeAll(packets, decoder)).toBe(alone.map(({ text }) => text).join(''));
        expect(decoder.usage).toEqual(alone.findLast(({ usage }) => usage)?.usage);
      }),
      { numRuns: 2_000 },
    );
  });
});
