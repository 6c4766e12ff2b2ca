import { once } from 'node:events';
import http from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { AuthenticationError } from 'openai';
import { Database } from '#persistence';
import { expectError } from '../support/expect-error.js';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { rawRequest } from '../support/raw-request.js';

const UNAUTHORIZED = { status: 401, type: 'authentication_error', code: 'invalid_api_key', param: null };
const FORBIDDEN = { status: 403, type: 'permission_error', code: 'insufficient_permissions', param: null };
const NOT_ALLOWED = { status: 403, type: 'permission_error', code: 'model_not_allowed', param: null };
const CALL = { model: 'my-gpt-4', messages: [{ role: 'user', content: 'Hello!' }] };

type Expected = [number, string];

let bench: TestBench;

beforeAll(async () => {
  bench = await startBench();
  await bench.addModel('my-gpt-4', 'gpt-upstream');
  await bench.addModel('other', 'gpt-upstream');
});
afterAll(() => bench.close());

const call = (key: string, model = 'my-gpt-4'): Promise<Answer> =>
  bench.request('POST', '/v1/chat/completions', { ...CALL, model }, { authorization: `Bearer ${key}` });
const admin = (key: string, method: string, path: string, body?: unknown): Promise<Answer> =>
  bench.request(method, `/v1/admin${path}`, body, { authorization: `Bearer ${key}` });
const makeKey = (fields: object): Promise<Answer['json']> =>
  bench.admin('POST', '/keys', { name: 'auth', ...fields });

describe('a caller without a good key', () => {
  const HEADERS: [string, Record<string, string>][] = [
    ['no key', {}],
    ['an unknown key', { authorization: 'Bearer sk-pllm-unknown' }],
    ['an unknown X-API-Key', { 'x-api-key': 'sk-pllm-unknown' }],
    ['an empty key', { authorization: 'Bearer ' }],
    ['no scheme', { authorization: MASTER_KEY }],
    ['another scheme', { authorization: `Basic ${Buffer.from(`user:${MASTER_KEY}`).toString('base64')}` }],
    ['a scheme in the X-API-Key', { 'x-api-key': 'Bearer' }],
    ['half a key', { authorization: `Bearer ${MASTER_KEY.slice(0, -1)}` }],
    ['a key and more', { authorization: `Bearer ${MASTER_KEY}x` }],
    ['the key in capitals', { authorization: `Bearer ${MASTER_KEY.toUpperCase()}` }],
    ['a huge key', { authorization: `Bearer ${'k'.repeat(10_000)}` }],
    ['a bad key before a good one', { authorization: 'Bearer wrong', 'x-api-key': MASTER_KEY }],
    ['a key in a cookie', { cookie: `api_key=${MASTER_KEY}` }],
  ];
  it.each(HEADERS)('is a 401: %s', async (_, headers) => {
    for (const path of ['/v1/chat/completions', '/api/v1/chat/completions', '/v1/admin/keys']) {
      const answer = await bench.request('POST', path, CALL, headers);
      expectError(answer, UNAUTHORIZED);
      expect(answer.text).not.toContain(MASTER_KEY);
    }
  });

  it('is a 401 with the key in the URL', async () => {
    expectError(
      await bench.request('GET', `/v1/models?api_key=${MASTER_KEY}&key=${MASTER_KEY}`),
      UNAUTHORIZED,
    );
  });

  it('is the SDK’s authentication error', async () => {
    const client = new OpenAI({ apiKey: 'wrong', baseURL: `${bench.url}/v1`, maxRetries: 2 });
    const error = await client.models.list().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key', type: 'authentication_error' });
  });

  it('is refused before its body is read', async () => {
    const head = (key: string): string =>
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n' +
      `authorization: Bearer ${key}\r\ncontent-length: 10000000\r\n\r\n`;
    const answer = await rawRequest(bench.url, head('sk-pllm-unknown'));
    expectError(answer, UNAUTHORIZED);
    expect(answer.headers.get('connection')).toBe('close');
  });
});

describe('a key that was good', () => {
  it('is refused from the moment it expires', async () => {
    const soon = new Date(Date.now() + 1_500).toISOString();
    const { key } = await makeKey({ expires_at: soon });
    expect((await call(key)).status).toBe(200);
    await sleep(Date.parse(soon) - Date.now() + 20);
    expectError(await call(key), UNAUTHORIZED);
    const { key: old } = await makeKey({ expires_at: '2020-01-01T00:00:00Z' });
    expectError(await call(old), UNAUTHORIZED);
  });

  it('is good again when its expiry is taken back', async () => {
    const { id, key } = await makeKey({ expires_at: '2020-01-01T00:00:00Z' });
    expectError(await call(key), UNAUTHORIZED);
    await bench.admin('PATCH', `/keys/${id}`, { expires_at: null });
    expect((await call(key)).status).toBe(200);
  });

  it('is refused from the moment it is revoked, and for good', async () => {
    const { id, key } = await makeKey({});
    expect((await call(key)).status).toBe(200);
    await bench.admin('POST', `/keys/${id}/revoke`, { reason: 'lost' });
    expectError(await call(key), UNAUTHORIZED);
    await bench.admin('PATCH', `/keys/${id}`, { name: 'renamed', expires_at: null });
    expectError(await call(key), UNAUTHORIZED);
    expect((await admin(MASTER_KEY, 'POST', `/keys/${id}/rotate`)).status).toBe(409);
  });

  it('is refused from the moment it is deleted', async () => {
    const { id, key } = await makeKey({});
    expect((await call(key)).status).toBe(200);
    await bench.admin('DELETE', `/keys/${id}`);
    expectError(await call(key), UNAUTHORIZED);
  });

  it('is refused at once after a rotation without grace', async () => {
    const { id, key } = await makeKey({});
    const { key: next } = await bench.admin('POST', `/keys/${id}/rotate`);
    expect(next).not.toBe(key);
    expectError(await call(key), UNAUTHORIZED);
    expect((await call(next)).status).toBe(200);
  });

  it('stays good for the grace of a rotation, and no longer', async () => {
    const { id, key } = await makeKey({});
    const { key: next } = await bench.admin('POST', `/keys/${id}/rotate`, { grace_seconds: 2 });
    const rotatedAt = Date.now();
    expect((await call(key)).status).toBe(200);
    expect((await call(next)).status).toBe(200);
    await sleep(rotatedAt + 2_020 - Date.now());
    expectError(await call(key), UNAUTHORIZED);
    expect((await call(next)).status).toBe(200);
  });

  it('is gone after a second rotation, and in grace it is revoked with the key', async () => {
    const { id, key: first } = await makeKey({});
    const { key: second } = await bench.admin('POST', `/keys/${id}/rotate`, { grace_seconds: 600 });
    const { key: third } = await bench.admin('POST', `/keys/${id}/rotate`, { grace_seconds: 600 });
    expectError(await call(first), UNAUTHORIZED);
    expect((await call(second)).status).toBe(200);
    await bench.admin('POST', `/keys/${id}/revoke`);
    expectError(await call(second), UNAUTHORIZED);
    expectError(await call(third), UNAUTHORIZED);
  });
});

describe('a good key', () => {
  it('calls what it is for, and nothing else', async () => {
    const { id, key } = await makeKey({ models: ['my-*'] });
    expect((await call(key)).status).toBe(200);
    expectError(await call(key, 'other'), NOT_ALLOWED);
    expectError(await call(key, 'nothing'), {
      status: 404,
      type: 'invalid_request_error',
      code: 'model_not_found',
    });
    await bench.admin('PATCH', `/keys/${id}`, { models: ['other'] });
    expect((await call(key, 'other')).status).toBe(200);
    expectError(await call(key), NOT_ALLOWED);
    await bench.admin('PATCH', `/keys/${id}`, { models: null });
    expect((await call(key)).status).toBe(200);
  });

  it('takes globs by the letter', async () => {
    const { key } = await makeKey({ models: ['my.gpt.4', '(.*)', '[a-z]*', 'MY-GPT-4'] });
    expectError(await call(key), NOT_ALLOWED);
    const { key: stars } = await makeKey({ models: ['*********************************x'] });
    expectError(await call(stars), NOT_ALLOWED);
  });

  it('may hold spaces when an operator chose it so', async () => {
    expectError(await call('My API Key'), UNAUTHORIZED);
  });

  it.each([
    ['member', 200, 403, 403],
    ['viewer', 403, 200, 403],
    ['admin', 200, 200, 201],
  ])('does as its role says: %s', async (role, calls, reads, writes) => {
    const { key } = await makeKey({ role });
    const answer = await call(key);
    expect(answer.status).toBe(calls);
    if (calls === 403) expectError(answer, NOT_ALLOWED);
    for (const path of ['/keys', '/providers', '/models', '/audit']) {
      const read = await admin(key, 'GET', path);
      if (reads === 403) expectError(read, FORBIDDEN);
      else expect([path, read.status]).toEqual([path, reads]);
    }
    const write = await admin(key, 'POST', '/keys', { name: 'made by a role' });
    if (writes === 403) expectError(write, FORBIDDEN);
    else expect(write.status).toBe(writes);
  });

  it('changes its role at once', async () => {
    const { id, key } = await makeKey({ role: 'admin' });
    expect((await admin(key, 'GET', '/keys')).status).toBe(200);
    await bench.admin('PATCH', `/keys/${id}`, { role: 'member' });
    expectError(await admin(key, 'GET', '/keys'), FORBIDDEN);
  });

  it.each([
    ['POST', '/keys'],
    ['PATCH', '/keys/x'],
    ['DELETE', '/keys/x'],
    ['POST', '/keys/x/rotate'],
    ['POST', '/keys/x/revoke'],
    ['POST', '/providers'],
    ['PATCH', '/providers/x'],
    ['DELETE', '/providers/x'],
    ['POST', '/providers/x/test'],
    ['POST', '/models'],
    ['PUT', '/models/x'],
    ['PATCH', '/models/x'],
    ['DELETE', '/models/x'],
  ])('of a viewer or member changes nothing: %s %s', async (method, path) => {
    for (const role of ['viewer', 'member']) {
      const { key } = await makeKey({ role });
      expectError(await admin(key, method, path, '{broken'), FORBIDDEN);
    }
  });
});

describe('many at once', () => {
  it('get each their own verdict', async () => {
    const [{ key: good }, { key: scoped }] = await Promise.all([makeKey({}), makeKey({ models: ['other'] })]);
    const keys = Array.from(
      { length: 60 },
      (_, index) => [good, scoped, `sk-pllm-bad-${index}`][index % 3] ?? '',
    );
    const statuses = await Promise.all(keys.map(async (key) => (await call(key)).status));
    expect(statuses).toEqual(keys.map((_, index) => [200, 403, 401][index % 3]));
  });
});

describe('an admin whose key ends', () => {
  const [NOW, BEFORE] = [() => new Date(), () => new Date(Date.now() - 1_000)];
  it.each([
    ['revoked', () => ({ revokedAt: NOW() })],
    ['expired', () => ({ expiresAt: BEFORE() })],
  ])('grants nothing from that moment on, though a gateway has not heard of it: %s', async (_, fields) => {
    const { id, key } = await makeKey({ role: 'admin' });
    const other = await makeKey({});
    expect((await admin(key, 'GET', '/keys')).status).toBe(200);
    await bench.gateway.app.get(Database).prisma.key.update({ where: { id }, data: fields() });
    for (const [method, path, body] of [
      ['POST', '/keys', { name: 'heir', role: 'admin' }],
      ['PATCH', `/keys/${other.id}`, { role: 'admin' }],
      ['POST', `/keys/${other.id}/rotate`, {}],
      ['DELETE', `/keys/${other.id}`, undefined],
    ] as const) {
      expectError(await admin(key, method, path, body), UNAUTHORIZED);
    }
  });

  it.each<[string, string, Expected]>([
    ['revoke', '{}', [401, UNAUTHORIZED.code]],
    ['', '{"allowed_ips":["10.0.0.1"]}', [403, 'ip_not_allowed']],
    ['', '{"models":["a"]}', [403, FORBIDDEN.code]],
    ['', '{"role":"viewer"}', [403, FORBIDDEN.code]],
  ])('changes nothing by a body that it began to send before: %s %s', async (verb, change, expected) => {
    const { id, key } = await makeKey({ role: 'admin' });
    const name = `late-${id}`;
    const body = JSON.stringify({ name });
    const request = http.request(`${bench.gateway.url}/v1/admin/teams`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'content-length': body.length,
        expect: '100-continue',
      },
    });
    request.flushHeaders();
    // Its key was found good.
    await once(request, 'continue');
    request.write(body.slice(0, 5));
    await (verb
      ? bench.admin('POST', `/keys/${id}/${verb}`, change)
      : bench.admin('PATCH', `/keys/${id}`, change));
    request.end(body.slice(5));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const { error } = (await json(response)) as { error: { code: string } };
    expect([response.statusCode, error.code]).toEqual(expected);
    const { data } = await bench.admin('GET', '/teams?limit=1000');
    expect(data.filter((team: { name: string }) => team.name === name)).toEqual([]);
  });
});
