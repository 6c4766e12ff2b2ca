import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GatewayError, RelayedRequest } from '#contract';
import { compileMembers } from './rewrite-members.js';

const rewrite = compileMembers({
  rename: { seed: 'random_seed', max_completion_tokens: 'max_tokens' },
  drop: ['user', 'stream_options'],
});
const rewritten = (text: string): string =>
  rewrite(Buffer.from(text), JSON.parse(text) as RelayedRequest).toString();

describe('the members of a request', () => {
  it.each([
    ['{}', '{}'],
    ['{"seed":12345678901234567890}', '{"random_seed":12345678901234567890}'],
    ['{"seed" : 1.0}', '{"random_seed":1.0}'],
    ['{"s\\u0065ed":1,"a":{"seed":2}}', '{"random_seed":1,"a":{"seed":2}}'],
    ['{"seed":null}', '{"random_seed":null}'],
    ['{"seed":1,"random_seed":null}', '{"random_seed":1}'],
    ['{"seed":1,"random_seed":2}', '{"random_seed":2}'],
    ['{"random_seed":2,"seed":1}', '{"random_seed":2}'],
    ['{"user":"u"}', '{}'],
    ['{ "user":"u", "stream_options":{"include_usage":true} , "a":1 }', '{   "a":1 }'],
    ['{"a":1,"user":"u","stream_options":null}', '{"a":1}'],
  ])('%s', (given, expected) => expect(rewritten(given)).toBe(expected));

  it.each(['{"seed":1,"seed":2}', '{"user":"a","us\\u0065r":"b"}'])('are not there twice: %s', (body) => {
    expect(() => rewritten(body)).toThrow(
      expect.objectContaining<Partial<GatewayError>>({ code: 'duplicate_parameter' }),
    );
  });
});

it('is not read again where nothing is to be changed', () => {
  const body = Buffer.from('{"model":"m","max_tokens":1}');
  expect(rewrite(body, { model: 'm' })).toBe(body);
});

it('tells nobody how usage is asked for in a stream', () => {
  const body = '{"stream":true,"stream_options":{"include_usage":true}}';
  expect(rewrite(Buffer.from(body), { model: 'm', stream: true }).toString()).toBe('{"stream":true}');
});

const NAMES = [
  'seed',
  'random_seed',
  'max_completion_tokens',
  'max_tokens',
  'user',
  'stream_options',
  'x',
  'é',
];
const request = fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), fc.jsonValue({ maxDepth: 2 })), {
  selector: ([name]) => name,
});
const spacing = fc.constantFrom('', ' ', '\n\t');

/** What the rules mean, told by parsing. */
function expected(value: Record<string, unknown>): Record<string, unknown> {
  const { user: _, stream_options: __, seed, max_completion_tokens: limit, ...rest } = value;
  if ('seed' in value) rest.random_seed ??= seed;
  if ('max_completion_tokens' in value) rest.max_tokens ??= limit;
  return rest;
}

it('says the same of any request, in the provider’s words', () => {
  fc.assert(
    fc.property(request, spacing, (entries, space) => {
      const members = entries.map(
        ([name, value]) => `${space}${JSON.stringify(name)}${space}:${JSON.stringify(value)}`,
      );
      const body = `{${members.join(`${space},`)}${space}}`;
      const value = JSON.parse(body) as Record<string, unknown>;
      expect(JSON.parse(rewritten(body))).toEqual(expected(value));
    }),
  );
});
