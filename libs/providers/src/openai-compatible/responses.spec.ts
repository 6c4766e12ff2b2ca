import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GatewayError, readUsage, sealThought, SseParser } from '#contract';
import type { History, JsonRequest, ResponsesRequest } from '#contract';
import { madeContext, madeTarget } from '../../../../test/support/made-context.js';
import { ResponsesDecoder } from './decode-responses-stream.js';
import { decodeResponses } from './decode-responses.js';
import { encodeResponses } from './encode-responses.js';

const context = madeContext();

function requestOf(text: string, input: readonly unknown[], history?: History) {
  const bytes = Buffer.from(text);
  const start = text.indexOf('"m"');
  const spans = {
    model: { start, end: start + 3 },
    streamOptions: undefined,
    close: text.lastIndexOf('}'),
  };
  const value = { ...(JSON.parse(text) as ResponsesRequest), input };
  return { bytes, value, spans, history } satisfies JsonRequest<ResponsesRequest>;
}

describe('what came before', () => {
  const before = [
    { role: 'user', content: 'A' },
    { type: 'reasoning', id: 'rs_1', summary: [] },
    { type: 'message', role: 'assistant', content: [] },
  ];
  const own = { role: 'user', content: 'B' };
  const kept = [before[0], before[2]];
  const text = '{ "previous_response_id" : "resp_1", "seed":12345678901234567890, "input":"B","model":"m"}';
  const encode = (body: string, providerId: string | undefined, ours: readonly unknown[] = [own]) =>
    encodeResponses(
      requestOf(body, [...before, ...ours], { length: before.length, providerId }),
      madeTarget('openai'),
    ).toString();

  it('is named to the account that knows it, in the client’s bytes', () =>
    expect(encode(text, 'p')).toBe(text.replace('"m"', '"upstream-4"')));

  it.each([['another account'], [undefined]])('is told to any other (%s), without its thoughts', (other) => {
    const input = JSON.stringify([...kept, own]);
    expect(encode(text, other)).toBe(
      `{  "seed":12345678901234567890, "input":${input},"model":"upstream-4"}`,
    );
  });

  it('is told where the client adds nothing', () =>
    expect(encode('{"model":"m","previous_response_id":"resp_1"}', undefined, [])).toBe(
      `{"model":"upstream-4","input":${JSON.stringify(kept)}}`,
    ));

  it('keeps the thoughts that the client itself sends', () => {
    const thought = { type: 'reasoning', id: 'rs_2', summary: [] };
    expect(encode(text, undefined, [thought])).toContain('rs_2');
  });
});

describe('what the gateway sealed for another provider', () => {
  const send = (body: string) => encodeResponses(requestOf(body, []), madeTarget('openai')).toString();
  const sealed = `{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"${sealThought({ type: 'thinking' })}"}`;
  const others =
    '{"id":"rs_2","encrypted_content":"gAAA"} , {"role":"user","content":"\\"pllm. 1.0","n":1.0}';

  it('is left out, and every other byte stays', () => {
    const text = (items: string) => `{"model":"m" ,"store":false,"input":[ ${items} ],"seed":1.0}`;
    const kept = others.replace(' , ', ',');
    const expected = text(kept).replace('[ ', '[').replace(' ]', ']').replace('"m"', '"upstream-4"');
    expect(send(text(`${sealed}, ${others}`))).toBe(expected);
    expect(send(text(`${others},${sealed}`))).toBe(expected);
    expect(send(text(others))).toBe(text(others).replace('"m"', '"upstream-4"'));
  });
});

it('a conversation is nobody’s in particular, and refused', () => {
  const ask = () =>
    encodeResponses(requestOf('{"model":"m","conversation":"conv_1"}', []), madeTarget('openai'));
  expect(ask).toThrow(expect.objectContaining({ code: 'unsupported_parameter', param: 'conversation' }));
});

const event = (type: string, more: object = {}) => ({
  event: type,
  data: Buffer.from(JSON.stringify({ type, ...more })),
});

describe('an error in the middle of a stream', () => {
  const error = new GatewayError('upstream_unavailable');
  const failAfter = (...numbers: (number | undefined)[]): Record<string, unknown> => {
    const decoder = new ResponsesDecoder(context);
    for (const number of numbers) {
      decoder.push(event('response.output_text.delta', { sequence_number: number, delta: 'x' }));
    }
    const [, name, data = ''] = /^event: (.*)\ndata: (.*)\n\n$/.exec(decoder.fail(error)) ?? [];
    expect(name).toBe('error');
    return JSON.parse(data);
  };

  it.each([
    ['after nothing', [], 0],
    ['after event 41', [40, 41], 42],
    ['where nobody numbers', [undefined, undefined], 2],
  ])('has the next number: %s', (_, numbers, next) =>
    expect(failAfter(...numbers)).toMatchObject({
      type: 'error',
      sequence_number: next,
      code: 'upstream_unavailable',
      message: error.message,
      error: { code: 'upstream_unavailable' },
    }),
  );

  it('is told in the provider’s words where it has them', () => {
    const decoder = new ResponsesDecoder(context);
    decoder.push(event('response.output_text.delta', { sequence_number: 0, delta: 'x' }));
    const response = { model: 'x', error: { code: 'server_error', message: 'No.' }, usage: null };
    expect(() => decoder.push(event('response.failed', { response, sequence_number: 1 }))).toThrow(
      expect.objectContaining({ code: 'upstream_unavailable' }),
    );
    expect(decoder.fail(error)).toBe(
      `event: response.failed\ndata: ${JSON.stringify({ type: 'response.failed', response: { ...response, model: 'my-gpt-4' }, sequence_number: 1 })}\n\n`,
    );
  });
});

describe('the first content', () => {
  it.each([
    ['response.created', false],
    ['response.queued', false],
    ['response.in_progress', false],
    ['keepalive', false],
    ['response.output_item.added', true],
    ['response.output_text.delta', true],
    ['response.of_next_year', true],
    ['response.completed', true],
  ])('%s: %s', (type, has) => {
    const decoder = new ResponsesDecoder(context);
    decoder.push(event(type));
    expect(decoder.hasContent).toBe(has);
  });
});

describe('a response that failed', () => {
  it.each([
    ['server_error', 'upstream_unavailable', 'same'],
    ['rate_limit_exceeded', 'rate_limit_exceeded', 'next'],
    ['invalid_prompt', 'upstream_refused', 'never'],
    ['context_length_exceeded', 'context_length_exceeded', 'fallback'],
  ])('by %s is the error %s', (code, ours, retry) => {
    const body = { id: 'resp_1', status: 'failed', error: { code, message: 'No.' }, model: 'x' };
    expect(() => decodeResponses(Buffer.from(JSON.stringify(body)), context)).toThrow(
      expect.objectContaining({ code: ours, retry }),
    );
  });

  it('is no JSON', () => {
    expect(() => decodeResponses(Buffer.from('<html>'), context)).toThrow(
      expect.objectContaining({ code: 'upstream_unavailable' }),
    );
  });
});

/** Recorded answers of real providers, data that not every checkout has beside it. */
const FOLDER = new URL('../../../../../shared/fixtures', import.meta.url).pathname;
const RECORDINGS = ['openai', 'azure'].flatMap((folder) => {
  const path = join(FOLDER, folder);
  const files = existsSync(path) ? readdirSync(path) : [];
  return files.map((name) => ({ name: `${folder}/${name}`, text: readFileSync(join(path, name), 'utf8') }));
});
// One of them was cut in the middle of a line.
const STREAMS = RECORDINGS.filter(
  ({ name, text }) => text.startsWith('{"type":"response.') && !name.includes('parallel-tool-call-wrapper'),
);
const ANSWERS = RECORDINGS.filter(({ text }) => /^\{[^{]*"object": *"response"/.test(text));

interface Event {
  readonly type: string;
  readonly response?: { readonly model: string; readonly usage?: unknown };
}

/** Some recordings are of several turns. */
function firstOf(lines: readonly string[]): readonly string[] {
  const last = lines.findIndex((line) => /^\{"type":"response\.(completed|incomplete)"/.test(line));
  return lines.slice(0, last + 1);
}

/** All that a client sees of a stream in packets of `size` bytes, its held back ending included. */
function play(stream: Buffer, size: number) {
  const parser = new SseParser();
  const decoder = new ResponsesDecoder(context);
  const seen: Buffer[] = [];
  for (let at = 0; at < stream.length; at += size) {
    for (const one of parser.push(stream.subarray(at, at + size))) seen.push(...decoder.push(one));
  }
  seen.push(...decoder.end());
  return { text: Buffer.concat(seen).toString() + decoder.ending, usage: decoder.usage };
}

describe.skipIf(RECORDINGS.length === 0)('responses of real providers, replayed', () => {
  it('are many', () => expect([STREAMS.length > 20, ANSWERS.length > 20]).toEqual([true, true]));

  it.each(STREAMS)('$name', ({ text }) => {
    const lines = firstOf(text.trim().split('\n'));
    const events = lines.map((line) => JSON.parse(line) as Event);
    const print = (line: string, at: number): string => `event: ${events[at]?.type}\ndata: ${line}\n\n`;
    const theirs = events.map(({ response }) => response?.model);
    const expected = lines.map((line, at) =>
      print(theirs[at] ? line.replace(`"model":"${theirs[at]}"`, '"model":"my-gpt-4"') : line, at),
    );
    const told = events.findLast(({ response }) => response?.usage)?.response?.usage;
    const stream = Buffer.from(lines.map(print).join(''));
    for (const size of [Number.MAX_SAFE_INTEGER, 4096, 17, 1]) {
      const { text: seen, usage } = play(stream, size);
      expect(seen).toBe(expected.join(''));
      expect(usage).toEqual(readUsage(told));
    }
  });

  it.each(ANSWERS)('$name', ({ text }) => {
    const { model, usage: told } = JSON.parse(text) as { model: string; usage: unknown };
    const { body, usage } = decodeResponses(Buffer.from(text), context);
    expect(body.toString()).toBe(text.replace(`"model": "${model}"`, '"model": "my-gpt-4"'));
    expect(usage).toEqual(readUsage(told));
  });
});
