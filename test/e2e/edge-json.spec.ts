import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { badRequest, expectError } from '../support/expect-error.js';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { EITHER, INVALID, VALID } from '../support/json-cases.js';

const CHAT = '/v1/chat/completions';

let bench: TestBench;

beforeAll(async () => {
  bench = await startBench();
  await bench.addModel('m', 'gpt-upstream');
  await bench.addModel('other', 'gpt-other');
});
afterAll(() => bench.close());
beforeEach(() => bench.sandbox.ledger.clear());

function post(body: string | Buffer, path = CHAT): Promise<Answer> {
  const type = { 'content-type': 'application/json', authorization: `Bearer ${MASTER_KEY}` };
  return bench.request('POST', path, Buffer.from(body as string), type);
}

const MESSAGES = '"messages":[{"role":"user","content":"x"}]';
const HEAD = `{"model":"m",${MESSAGES},"x":`;

/** A text as the value of a member that the gateway does not look at. */
const asMember = (text: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from(HEAD), Buffer.from(text as string), Buffer.from('}')]);

/** What a text is answered with, by status, where that is not one of `expected`. */
async function misfits(
  texts: readonly (string | Buffer)[],
  expected: readonly number[],
  send: (text: string | Buffer) => Promise<Answer>,
): Promise<[string, number][]> {
  const found: [string, number][] = [];
  for (const text of texts) {
    const { status } = await send(text);
    if (!expected.includes(status)) found.push([text.toString().slice(0, 80), status]);
  }
  return found;
}

describe('a body that is no JSON', () => {
  it('is a 400, as a whole and within', async () => {
    expect(INVALID.length).toBeGreaterThanOrEqual(150);
    expect(await misfits(INVALID, [400], (text) => post(asMember(text)))).toEqual([]);
    expect(await misfits(INVALID, [400], (text) => post(text))).toEqual([]);
    expect(bench.sandbox.ledger.requests).toHaveLength(0);
  });

  it.each(['/v1/embeddings', '/v1/admin/keys', '/v1/images/generations'])('is a 400 at %s', async (path) => {
    expect(await misfits(INVALID, [400], (text) => post(text, path))).toEqual([]);
  });
});

describe('a body that is JSON', () => {
  it('reaches the provider as it came', async () => {
    expect(VALID.length).toBeGreaterThanOrEqual(90);
    for (const text of VALID) {
      bench.sandbox.ledger.clear();
      const answer = await post(asMember(text));
      expect([text, answer.status]).toEqual([text, 200]);
      const sent = asMember(text).toString().replace('"m"', '"gpt-upstream"');
      expect(bench.sandbox.ledger.requests[0]?.body).toBe(sent);
    }
  });

  it('and lacks what the call needs is a 400', async () => {
    expect(await misfits(VALID, [400], (text) => post(text))).toEqual([]);
    expect(await misfits(VALID, [400], (text) => post(text, '/v1/admin/keys'))).toEqual([]);
  });

  it('of a doubtful kind is no fault of ours', async () => {
    expect(await misfits(EITHER, [200, 400], (text) => post(asMember(text)))).toEqual([]);
    expect(await misfits(EITHER, [400], (text) => post(text))).toEqual([]);
    expect(await misfits(EITHER, [400], (text) => post(text, '/v1/admin/keys'))).toEqual([]);
  });

  it('may be 64 levels deep, and no deeper', async () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    const within = (depth: number): string => `{"model":"m",${MESSAGES},"tools":${nested(depth - 1)}}`;
    const deepest = await post(within(64));
    expect(deepest.status).toBe(200);
    expectError(await post(within(65)), badRequest('json_too_deep'));
    expectError(await post(asMember('{"a":'.repeat(64) + '1' + '}'.repeat(64))), badRequest('json_too_deep'));
    // Brackets in a text are no depth.
    expect((await post(asMember(JSON.stringify('[{'.repeat(100))))).status).toBe(200);
  });
});

describe('a parameter that the gateway acts on', () => {
  it.each([
    ['model', '{"model":"m","messages":[],"model":"other"}'],
    ['model', '{"model":"m","messages":[],"model":"m"}'],
    ['model', '{"model":"m","messages":[],"\\u006dodel":"other"}'],
    ['model', '{"\\u006d\\u006F\\u0064\\u0065\\u006c":"m","messages":[],"model":"other"}'],
    ['stream', '{"model":"m","messages":[],"stream":false,"strea\\u006d":true}'],
    ['stream_options', '{"model":"m","messages":[],"stream_options":null,"stream\\u005foptions":{}}'],
    ['n', '{"model":"m","messages":[],"n":1,"n":128}'],
    ['max_tokens', '{"model":"m","messages":[],"max_tokens":1,"max_tokens":100000}'],
    ['tools', '{"model":"m","messages":[],"tools":[{"type":"web_search"}],"tools":[]}'],
    ['messages', '{"messages":[],"model":"m","messages":[{"role":"user","content":"x"}]}'],
  ])('may not come twice: %s in %s', async (name, body) => {
    expectError(await post(body), badRequest('duplicate_parameter', name));
    expect(bench.sandbox.ledger.requests).toHaveLength(0);
  });

  it('is another one when it is spelled in another way, or stands deeper', async () => {
    const body = '{"model":"m","messages":[{"model":"a","model":"b"}],"Model":"other","model ":"other"}';
    const answer = await post(body);
    expect([answer.status, answer.json.model]).toEqual([200, 'm']);
    expect(bench.sandbox.ledger.requests[0]?.body).toBe(body.replace('"m"', '"gpt-upstream"'));
  });

  it('is not inherited: a prototype in the body means nothing', async () => {
    for (const name of ['__proto__', 'constructor', 'prototype', '\\u005f_proto__']) {
      const answer = await post(`{"${name}":{"model":"m","messages":[],"stream":true,"role":"admin"}}`);
      expectError(answer, badRequest('missing_required_parameter', 'model'));
    }
    const body = `{"model":"m",${MESSAGES},"__proto__":{"stream":true,"model":"other"}}`;
    const answer = await post(body);
    expect([answer.status, answer.json.model]).toEqual([200, 'm']);
    expect(bench.sandbox.ledger.requests[0]?.body).toBe(body.replace('"m"', '"gpt-upstream"'));
    expect(({} as Record<string, unknown>).stream).toBeUndefined();
    const key = await post('{"name":"x","__proto__":{"role":"admin"}}', '/v1/admin/keys');
    expectError(key, badRequest('unknown_parameter', '__proto__'));
  });
});
