import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GatewayError, JsonMembers, SseParser } from '#contract';
import type { ChatRequest, WireRequest } from '#contract';
import { operationOf } from '../../../test/support/golden-operation.js';
import { madeContext, madeTarget } from '../../../test/support/made-context.js';
import type { Made } from '../../../test/support/made-context.js';
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

/** By the name of the case; every codec is played the same way. */
function codecOf({ provider, name }: Case): Codec<'chat'> {
  const operations = findAdapter(provider)?.operations as Readonly<Record<string, unknown>> | undefined;
  const codec = operations?.[operationOf(name)];
  if (!codec) throw new Error(`${provider} cannot do ${operationOf(name)}`);
  return codec as Codec<'chat'>;
}

function targetOf({ provider, settings }: Case) {
  return madeTarget(provider, settings('target.json').model as string | undefined);
}

/** The answer of a case that holds a request is one to it. */
function contextOf(one: Case): DecodeContext {
  const request = one.settings('request.json');
  const options = request.stream_options as { include_usage?: boolean } | undefined;
  const made: Made = { includeUsage: options?.include_usage === true, ...one.settings('context.json') };
  const { model } = made;
  return {
    ...madeContext({ ...made, request: { ...request, ...(model && { model }) } }),
    target: targetOf(one),
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

/** What the client sees, one payload a line, from an upstream's bytes cut into packets of `size`. */
function play(stream: Buffer, size: number, codec: Codec<'chat'>, context: DecodeContext): string {
  const parser = new SseParser();
  const decoder = codec.openStream(context);
  const payloads: Buffer[] = [];
  const failure = failureOf(() => {
    for (let at = 0; at < stream.length; at += size) {
      for (const event of parser.push(stream.subarray(at, at + size))) payloads.push(...decoder.push(event));
    }
    for (const event of parser.end()) payloads.push(...decoder.push(event));
    payloads.push(...decoder.end());
  });
  // Some wires hold back a last event that says more than that it is the last.
  const last = decoder.ending.includes('data: {') ? [decoder.ending] : [];
  const lines = [...payloads, ...last].map(dataOf);
  return [...lines, ...(failure ? [JSON.stringify(failure.toBody())] : [])]
    .map((line) => `${line}\n`)
    .join('');
}

/** The event's name is the `type` in its data, where it has one. */
function dataOf(event: Buffer | string): string {
  const [, name, data = ''] = /^(?:event: (.*)\n)?data: ([^\n]*)\n\n$/.exec(event.toString()) ?? [];
  if (name !== undefined) expect(JSON.parse(data)).toHaveProperty('type', name);
  return data;
}

function failureOf(act: () => unknown): GatewayError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

function printFailure(failure: GatewayError): object {
  const { status, retry, retryAfter } = failure;
  return { status, retry, ...(retryAfter !== undefined && { retryAfter }), ...failure.toBody() };
}

const having = (file: string): Case[] => CASES.filter(({ has }) => has(file));

describe('what a provider is asked', () => {
  it.each(having('upstream-request.json'))('$provider: $name', (one) => {
    const encoded = codecOf(one).encode(requestOf(one.read('request.json')), targetOf(one));
    expect(encoded.toString()).toBe(one.read('upstream-request.json').toString());
    const dropped = codecOf(one).dropped?.(requestOf(one.read('request.json')), targetOf(one)) ?? [];
    expect(dropped).toEqual(one.settings('dropped.json').dropped ?? []);
  });

  it.each(having('refusal.json'))('$provider: $name, which it cannot be', (one) => {
    const failure = failureOf(() => codecOf(one).encode(requestOf(one.read('request.json')), targetOf(one)));
    expect(failure && printFailure(failure)).toEqual(one.settings('refusal.json'));
  });
});

describe('what a client is answered', () => {
  it.each(having('response.json'))('$provider: $name', (one) => {
    const { body } = codecOf(one).decode(one.read('upstream-response.json'), contextOf(one));
    expect(body.toString()).toBe(one.read('response.json').toString());
  });

  it.each(having('upstream-error.json'))('$provider: $name, an error', (one) => {
    const { status, body, retryAfter } = one.settings('upstream-error.json');
    const text = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const failure = codecOf(one).decodeError(Number(status), text, retryAfter as number | undefined);
    expect(printFailure(failure)).toEqual(one.settings('error.json'));
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
      expect(play(one.read('upstream.sse'), size, codecOf(one), contextOf(one))).toBe(expected);
    });

    it('is one line of JSON a chunk', () => {
      for (const line of expected.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
    });
  });
});

describe('the folder of cases', () => {
  it('has nothing that no test reads', () => {
    const pairs = [
      [['request.json'], ['upstream-request.json', 'refusal.json', 'upstream.sse', 'upstream-response.json']],
      [['upstream-response.json'], ['response.json']],
      [['upstream-error.json'], ['error.json']],
      [['upstream.sse'], ['chunks.jsonl']],
    ] as const;
    for (const { provider, name, has } of CASES) {
      const given = pairs.filter(([one, others]) => one.some(has) && others.some(has));
      const broken = pairs.slice(1).filter(([one, others]) => one.some(has) !== others.some(has));
      expect([`${provider}/${name}`, given.length > 0, broken]).toEqual([`${provider}/${name}`, true, []]);
    }
    expect(CASES.length).toBeGreaterThan(0);
  });
});
