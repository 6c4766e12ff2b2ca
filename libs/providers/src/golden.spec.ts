import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS, JsonMembers, SseParser } from '#contract';
import type { ChatRequest, Target, WireRequest } from '#contract';
import { findAdapter } from './index.js';
import type { Codec, DecodeContext } from './spec.js';

const ROOT = new URL('.', import.meta.url).pathname;

interface Case {
  readonly provider: string;
  readonly name: string;
  readonly has: (file: string) => boolean;
  readonly read: (file: string) => Buffer;
  readonly settings: (file: string) => Record<string, unknown>;
}

/** Every `<provider>/fixtures/<case>/`. */
const CASES: readonly Case[] = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(ROOT, entry.name, 'fixtures')))
  .flatMap(({ name: provider }) => casesOf(provider));

function casesOf(provider: string): Case[] {
  const folder = join(ROOT, provider, 'fixtures');
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => {
    const path = (file: string): string => join(folder, name, file);
    const read = (file: string): Buffer => readFileSync(path(file));
    const has = (file: string): boolean => existsSync(path(file));
    const settings = (file: string): Record<string, unknown> =>
      has(file) ? (JSON.parse(read(file).toString()) as Record<string, unknown>) : {};
    return { provider, name, has, read, settings };
  });
}

function chatOf({ provider }: Case): Codec<'chat'> {
  const codec = findAdapter(provider)?.operations.chat;
  if (!codec) throw new Error(`${provider} cannot chat`);
  return codec;
}

function targetOf({ provider, settings }: Case): Target {
  const { model = 'upstream-4' } = settings('target.json');
  return {
    provider: { id: 'p', name: 'p', type: provider, baseUrl: 'http://x', secret: undefined, headers: {} },
    model: String(model),
    priority: 0,
    timeouts: DEFAULT_TIMEOUTS,
  };
}

function contextOf({ settings }: Case): DecodeContext {
  const { model = 'my-gpt-4', includeUsage = false } = settings('context.json');
  return {
    model: Buffer.from(JSON.stringify(model)),
    request: { model: String(model), stream_options: { include_usage: includeUsage === true } },
    contentType: 'application/json',
  };
}

/** A request as the HTTP edge reads it. */
function requestOf(bytes: Buffer): WireRequest<ChatRequest> {
  const members = new JsonMembers(['model', 'stream_options']);
  if (!members.read(bytes)) throw new Error('not an object');
  const span = (name: 'model' | 'stream_options') => ({ start: members.start(name), end: members.end(name) });
  const streamOptions = members.start('stream_options') < 0 ? undefined : span('stream_options');
  return {
    bytes,
    value: JSON.parse(bytes.toString()) as ChatRequest,
    spans: { model: span('model'), streamOptions, close: members.close },
  };
}

/** The client's payloads, one a line, from an upstream's bytes cut into packets of `size`. */
function play(stream: Buffer, size: number, codec: Codec, context: DecodeContext): string {
  const parser = new SseParser();
  const decoder = codec.openStream(context);
  const payloads: Buffer[] = [];
  for (let at = 0; at < stream.length; at += size) {
    for (const event of parser.push(stream.subarray(at, at + size))) payloads.push(...decoder.push(event));
  }
  for (const event of parser.end()) payloads.push(...decoder.push(event));
  payloads.push(...decoder.end());
  return payloads.map((event) => `${event.toString().slice('data: '.length, -2)}\n`).join('');
}

const having = (file: string): Case[] => CASES.filter(({ has }) => has(file));

describe('what a provider is asked', () => {
  it.each(having('request.json'))('$provider: $name', (one) => {
    const encoded = chatOf(one).encode(requestOf(one.read('request.json')), targetOf(one));
    expect(encoded.toString()).toBe(one.read('upstream-request.json').toString());
  });
});

describe('what a client is answered', () => {
  it.each(having('upstream-response.json'))('$provider: $name', (one) => {
    const { body } = chatOf(one).decode(one.read('upstream-response.json'), contextOf(one));
    expect(body.toString()).toBe(one.read('response.json').toString());
  });
});

describe('what a client is streamed', () => {
  describe.each(having('upstream.sse'))('$provider: $name', (one) => {
    const expected = one.read('chunks.jsonl').toString();

    it.each([
      ['whole', Number.MAX_SAFE_INTEGER],
      ['byte by byte', 1],
      ['in packets of 17 bytes', 17],
    ])('%s', (_, size) => {
      expect(play(one.read('upstream.sse'), size, chatOf(one), contextOf(one))).toBe(expected);
    });

    it('is one line of JSON a chunk', () => {
      for (const line of expected.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
    });
  });
});

describe('the folder of cases', () => {
  it('has nothing that no test reads', () => {
    const pairs = [
      ['request.json', 'upstream-request.json'],
      ['upstream-response.json', 'response.json'],
      ['upstream.sse', 'chunks.jsonl'],
    ] as const;
    for (const { provider, name, has } of CASES) {
      const complete = pairs.filter(([one, other]) => has(one) && has(other));
      const broken = pairs.filter(([one, other]) => has(one) !== has(other));
      expect([`${provider}/${name}`, complete.length > 0, broken]).toEqual([`${provider}/${name}`, true, []]);
    }
    expect(CASES.length).toBeGreaterThan(0);
  });
});
