import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GatewayError, SseParser } from '#contract';
import { madeContext } from '../../../../test/support/made-context.js';
import { relayCount, relayMessage } from './relay-message.js';
import { RelayedMessage } from './relay-message-stream.js';

const FIXTURES = new URL('./fixtures/', import.meta.url).pathname;
const RECORDED = new URL('../../../../../shared/fixtures/anthropic', import.meta.url).pathname;
const context = madeContext({ model: 'my-claude' });
const read = (name: string, file: string): Buffer => readFileSync(join(FIXTURES, name, file));

/** Streams as bytes: golden ones, and recordings where they are. */
const STREAMS = [
  ...readdirSync(FIXTURES)
    .filter((name) => existsSync(join(FIXTURES, name, 'upstream.sse')))
    .map((name) => ({ name, bytes: read(name, 'upstream.sse') })),
  ...(existsSync(RECORDED) ? readdirSync(RECORDED) : [])
    .filter((name) => name.endsWith('.chunks.txt'))
    .map((name) => ({ name, bytes: eventsOf(readFileSync(join(RECORDED, name), 'utf8')) })),
];

function eventsOf(text: string): Buffer {
  const lines = text.trim().split('\n');
  return Buffer.from(lines.map((line) => `event: ${JSON.parse(line).type}\ndata: ${line}\n\n`).join(''));
}

interface Played {
  readonly text: string;
  readonly decoder: RelayedMessage;
  readonly error: unknown;
}

function play(bytes: Buffer, size = bytes.length): Played {
  const decoder = new RelayedMessage(context);
  const parser = new SseParser();
  let text = '';
  try {
    for (let at = 0; at < bytes.length; at += size) {
      for (const event of parser.push(bytes.subarray(at, at + size))) text += decoder.push(event).join('');
    }
    text += decoder.end().join('');
    return { text: text + decoder.ending, decoder, error: undefined };
  } catch (error) {
    return { text, decoder, error };
  }
}

const payloads = (text: string): unknown[] =>
  new SseParser().push(Buffer.from(text)).map(({ data }) => JSON.parse(data.toString()));

describe('a stream of Anthropic’s, for who speaks its wire', () => {
  it.each(STREAMS)('$name goes through but for the model’s name', ({ bytes }) => {
    const { text, error } = play(bytes);
    if (error) return expect(error).toBeInstanceOf(GatewayError);
    const theirs = payloads(bytes.toString()) as { type: string; message?: object }[];
    const end = theirs.findIndex(({ type }) => type === 'message_stop') + 1;
    const named = theirs
      .slice(0, end)
      .map((event) =>
        event.type === 'message_start' ? { ...event, message: renamed(event.message) } : event,
      );
    expect(payloads(text)).toEqual(named);
    expect(play(bytes, 1).text).toBe(text);
  });

  it('counts as the last count says, and not before it', () => {
    const bytes = read('text-stream-usage', 'upstream.sse');
    const { promptTokens } = play(bytes).decoder.usage ?? {};
    expect(promptTokens).toBeGreaterThan(0);
    expect(play(bytes.subarray(0, bytes.indexOf('message_delta'))).decoder.usage).toBeUndefined();
  });

  it('is an error where it is cut, and where it says so', () => {
    const cut = read('text-stream', 'upstream.sse').subarray(0, 400);
    expect(play(cut).error).toMatchObject({ code: 'upstream_unavailable' });
    expect(play(read('stream-overloaded', 'upstream.sse')).error).toBeInstanceOf(GatewayError);
  });
});

describe('a whole message', () => {
  it('keeps every byte but the model’s name', () => {
    const body = Buffer.from(
      '{"id":"msg_1", "type":"message","model": "claude-x","n":12345678901234567890,"content":[],"usage":{"input_tokens":3,"cache_read_input_tokens":4,"output_tokens":5}}',
    );
    const { body: relayed, usage } = relayMessage(body, context);
    expect(relayed.toString()).toBe(body.toString().replace('"claude-x"', '"my-claude"'));
    expect(usage).toMatchObject({ promptTokens: 7, completionTokens: 5, cachedTokens: 4 });
  });

  it.each([
    ['no JSON', 'no', 'upstream_unavailable'],
    [
      'an error',
      '{"type":"error","error":{"type":"overloaded_error","message":"busy"}}',
      'upstream_unavailable',
    ],
  ])('%s is an error', (_, body, code) => {
    for (const relay of [relayMessage, relayCount]) {
      expect(() => relay(Buffer.from(body), context)).toThrow(expect.objectContaining({ code }));
    }
  });

  it('whose usage is no JSON is an error of the provider', () => {
    const usage = '{"input_tokens":tru}';
    const whole = Buffer.from(`{"type":"message","usage":${usage}}`);
    expect(() => relayMessage(whole, context)).toThrow(
      expect.objectContaining({ code: 'upstream_unavailable' }),
    );
    const events = Buffer.from(`data: {"type":"message_delta","usage":${usage}}\n\n`);
    expect(play(events).error).toMatchObject({ code: 'upstream_unavailable' });
  });

  it('a count costs nothing', () => {
    const { body, usage } = relayCount(Buffer.from('{"input_tokens":42}'));
    expect([body.toString(), usage?.promptTokens]).toEqual(['{"input_tokens":42}', 0]);
  });
});

function renamed(message: object | undefined): object {
  return { ...message, ...(message && 'model' in message && { model: 'my-claude' }) };
}
