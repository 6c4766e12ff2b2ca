import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS, JsonMembers } from '#contract';
import type { ChatRequest, JsonRequest, RelayedRequest, Span, Target } from '#contract';
import { jsonIn } from '../upstream-body.js';
import { asksForUsage, encodeChat, encodeWithUsage } from './encode-request.js';

function target(model: string): Target {
  const provider = { id: 'p', name: 'p', type: 'x', baseUrl: 'http://x', secret: undefined, headers: {} };
  return { provider, model, priority: 0, timeouts: DEFAULT_TIMEOUTS };
}

const members = new JsonMembers(['model', 'stream_options']);

function wire(text: string): JsonRequest {
  const bytes = Buffer.from(text);
  if (!members.read(bytes)) throw new Error(text);
  const streamOptions = { start: members.start('stream_options'), end: members.end('stream_options') };
  return {
    bytes,
    value: JSON.parse(bytes.toString()) as RelayedRequest,
    spans: {
      model: { start: members.start('model'), end: members.end('model') },
      streamOptions: streamOptions.start < 0 ? undefined : streamOptions,
      close: members.close,
    },
  };
}

function encode(text: string, model = 'up'): string {
  return encodeWithUsage(wire(text), target(model)).toString();
}

describe('encoding a request', () => {
  it.each([
    ['{"model":"a"}', '{"model":"up"}'],
    ['{"model":"a","stream":false}', '{"model":"up","stream":false}'],
    ['{"model":"a","stream":null}', '{"model":"up","stream":null}'],
    [
      '{"model":"a","stream":false,"stream_options":{"include_usage":false}}',
      '{"model":"up","stream":false,"stream_options":{"include_usage":false}}',
    ],
    ['{"model":"a","stream":true}', '{"model":"up","stream":true,"stream_options":{"include_usage":true}}'],
    [
      ' {"stream":true,"model":"a" \n} ',
      ' {"stream":true,"model":"up" \n,"stream_options":{"include_usage":true}} ',
    ],
    [
      '{"stream":true,"stream_options":null,"model":"a"}',
      '{"stream":true,"stream_options":{"include_usage":true},"model":"up"}',
    ],
    [
      '{"stream":true,"model":"a","stream_options":{"include_usage":null,"x":1.5}}',
      '{"stream":true,"model":"up","stream_options":{"include_usage":true,"x":1.5}}',
    ],
    [
      '{"stream":true,"model":"a","stream_options":{"x":1.0, "include_usage":true}}',
      '{"stream":true,"model":"up","stream_options":{"x":1.0, "include_usage":true}}',
    ],
  ])('%s', (text, expected) => {
    expect(encode(text)).toBe(expected);
  });

  it.each(['', '"', '\\', 'a"b\\c', '模型/😀', '\u0000\n\u2028', '$&', '\ud800'])(
    'writes the name %j as JSON',
    (name) => {
      const parsed = JSON.parse(encode('{"model":"a","n":1}', name)) as unknown;
      expect(parsed).toEqual({ model: name, n: 1 });
    },
  );

  it('leaves the client’s bytes as they are', () => {
    const request = wire('{"model":"a"}');
    encodeWithUsage(request, target('longer-than-before'));
    expect(request.bytes.toString()).toBe('{"model":"a"}');
  });
});

describe('asking for usage', () => {
  it.each<[RelayedRequest['stream_options'], boolean]>([
    [undefined, false],
    [null, false],
    [{}, false],
    [{ include_usage: null }, false],
    [{ include_usage: false }, false],
    [{ include_usage: true }, true],
  ])('%j: %s', (options, expected) => {
    expect(asksForUsage({ model: 'a', stream_options: options })).toBe(expected);
  });
});

describe('any request', { timeout: 60_000 }, () => {
  const scalar = fc.oneof(
    fc.constantFrom(
      '1.0',
      '1e-7',
      '-0',
      '9223372036854775807',
      '1E400',
      'null',
      '"\\ud83d\\ude00"',
      '"\\"model\\":1"',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text)),
    fc.json({ maxDepth: 2 }),
    fc.constant('{"model":"inner","stream_options":{"include_usage":false}}'),
  );
  const options = fc.constantFrom(
    'null',
    '{}',
    '{"include_usage":true}',
    '{"include_usage":false,"x":[1]}',
    '{ "include_obfuscation" : false }',
  );
  const space = fc.constantFrom('', '', ' ', '\n\t', '  \r\n');
  const others = fc.uniqueArray(fc.tuple(fc.string({ maxLength: 5 }), scalar), {
    maxLength: 4,
    selector: ([name]) => name,
  });
  const request = fc
    .record({
      others: others.map((pairs) =>
        pairs.map(([name, text]): [string, string] => [JSON.stringify(`x${name}`), text]),
      ),
      model: fc.constantFrom('"a"', '"my\\u002dgpt"', '"模型"'),
      name: fc.constantFrom('"model"', '"mod\\u0065l"'),
      stream: fc.option(fc.constantFrom('true', 'true', 'false', 'null')),
      options: fc.option(options),
      gap: space,
      order: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
    })
    .map(({ others, model, name, stream, options, gap, order }) => {
      const pairs = [...others, [name, model]];
      if (stream) pairs.push(['"stream"', stream]);
      if (options) pairs.push(['"stream_options"', options]);
      const ranked = pairs.map((pair, index) => ({ pair, rank: order[index] ?? 0 }));
      const sorted = ranked.sort((one, other) => one.rank - other.rank).map(({ pair }) => pair);
      return `${gap}{${sorted.map((pair) => gap + pair.join(`${gap}:${gap}`) + gap).join(',')}}${gap}`;
    });

  it('is the same but for the model and the question for usage', () => {
    fc.assert(
      fc.property(request, fc.string({ unit: 'binary', maxLength: 6 }), (text, model) => {
        const original = JSON.parse(text) as RelayedRequest;
        const isAdded = original.stream === true && !asksForUsage(original);
        const expected = {
          ...original,
          model,
          ...(isAdded ? { stream_options: { ...original.stream_options, include_usage: true } } : {}),
        };
        if (!isDeepStrictEqual(JSON.parse(encode(text, model)), expected)) {
          expect(JSON.parse(encode(text, model))).toEqual(expected);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it('has every byte outside of the edits as it was', () => {
    fc.assert(
      fc.property(request, (text) => {
        const { value, spans } = wire(text);
        const isAdded = value.stream === true && !asksForUsage(value);
        const options = JSON.stringify({ ...value.stream_options, include_usage: true });
        const bytes = Buffer.from(text);
        const at = spans.streamOptions ?? { start: spans.close, end: spans.close };
        const edits = [{ ...(spans.model as Span), text: '"up"' }];
        if (isAdded)
          edits.push({ ...at, text: spans.streamOptions ? options : `,"stream_options":${options}` });
        // From the back, so that the offsets in front stay right.
        let expected = bytes.toString('latin1');
        for (const edit of edits.sort((one, other) => other.start - one.start)) {
          expected = expected.slice(0, edit.start) + edit.text + expected.slice(edit.end);
        }
        expect(Buffer.from(encode(text)).toString('latin1')).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a large body', () => {
  const text = (members: string): string => `{"x":"${'é'.repeat(200_000)}","model":"a"${members}}`;

  it.each([
    ['', 'up', ''],
    [',"stream":true', 'up', ',"stream":true,"stream_options":{"include_usage":true}'],
    [',"max_tokens":5', 'up', ',"max_tokens":5'],
    [',"max_tokens":5', 'o3', ',"max_completion_tokens":5'],
  ])('%s, for %s, is what a small one is', (members, model, expected) => {
    const body = encodeChat(wire(text(members)) as JsonRequest<ChatRequest>, target(model));
    expect(jsonIn(body)?.toString()).toBe(text(expected).replace('"a"', `"${model}"`));
  });

  it('is not copied', () => {
    const asked = wire(text(''));
    const body = encodeWithUsage(asked, target('up')) as readonly Buffer[];
    expect(body.map(({ buffer }) => buffer === asked.bytes.buffer)).toEqual([true, false, true]);
  });
});
