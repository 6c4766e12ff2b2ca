import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../apps/gateway/src/openapi/operations.js';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { recordsOf } from '../support/records.js';

interface Described {
  operationId?: string;
  summary?: string;
  security?: object[];
  requestBody?: { content: Record<string, { schema: object }> };
  parameters: { name: string; in: string; schema: object }[];
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, object> };
}

let bench: TestBench;
let document: Document;
let ajv: Ajv2020;
let ids: { key: string; team: string; provider: string; request: string; response: string };

beforeAll(async () => {
  bench = await startBench();
  await bench.addModel('my-gpt-4', 'gpt-upstream');
  await bench.addModel('my-embedding', 'embed-upstream');
  const native = { name: 'native', type: 'openai', base_url: bench.sandbox.url, api_key: 'k' };
  await bench.admin('POST', '/providers', native);
  const targets = [{ provider: 'native', model: 'gpt-upstream' }];
  await bench.admin('POST', '/models', { id: 'my-native', targets });
  const { json: kept } = await bench.request('POST', '/v1/responses', RESPONSE, MASTER);
  document = (await bench.request('GET', '/openapi.json')).json;
  ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(document, 'api');
  await bench.request('POST', '/v1/chat/completions', CHAT, MASTER);
  const [record] = await recordsOf(bench, 'my-gpt-4');
  const { data: providers } = await bench.admin('GET', '/providers');
  const { id } = await bench.admin('POST', '/keys', { name: 'described', models: ['my-*'] });
  const { id: team } = await bench.admin('POST', '/teams', { name: 'ours' });
  ids = { key: id, team, provider: providers[0].id, request: record?.request_id ?? '', response: kept.id };
});
afterAll(() => bench.close());

const MASTER = { authorization: `Bearer ${MASTER_KEY}` };
const CHAT = { model: 'my-gpt-4', messages: [{ role: 'user', content: 'Hello!' }] };
const RESPONSE = { model: 'my-native', input: 'Hello!' };
const PROVIDER = { name: 'other', type: 'openai', api_key: 'sk-123456789', timeouts: { total_ms: 1_000 } };
const ROUTE = { id: 'team/chat', targets: [{ provider: 'upstream', model: 'gpt-upstream' }] };

const operations = (): [string, Described][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== 'servers')
      .map(([method, one]): [string, Described] => [`${method.toUpperCase()} ${path}`, one]),
  );

/** A pointer into the document, each of its parts escaped. */
const pointer = (...parts: string[]): string =>
  `api#/${parts.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

function violations(answer: Answer, method: string, path: string): unknown {
  const declared = document.paths[path]?.[method.toLowerCase()]?.responses ?? {};
  const status = String(answer.status) in declared ? String(answer.status) : `${String(answer.status)[0]}XX`;
  const media = answer.headers.get('content-type')?.split(';')[0] ?? '';
  const parts = ['paths', path, method.toLowerCase(), 'responses', status, 'content', media, 'schema'];
  if (!declared[status]?.content?.[media]) return `${status} ${media} is not described`;
  const validate = ajv.getSchema(pointer(...parts));
  if (!validate) return `no schema at ${parts.join(' ')}`;
  return validate(answer.json) ? [] : validate.errors;
}

describe('the description of the API', () => {
  it('is OpenAPI 3.1, and every schema of it is one', () => {
    expect(document.openapi).toBe('3.1.0');
    for (const name of Object.keys(document.components.schemas)) {
      expect([name, typeof ajv.getSchema(pointer('components', 'schemas', name))]).toEqual([
        name,
        'function',
      ]);
    }
    for (const [route, { requestBody }] of operations()) {
      for (const { schema } of Object.values(requestBody?.content ?? {})) {
        expect([route, typeof ajv.compile(schema)]).toEqual([route, 'function']);
      }
    }
  });

  it('says of every route what it is for, and of no other', () => {
    expect(
      operations()
        .map(([route]) => route)
        .toSorted(),
    ).toEqual(Object.keys(OPERATIONS).toSorted());
    const names = operations().map(([, { operationId }]) => operationId);
    expect(names).not.toContain(undefined);
    expect(new Set(names).size).toBe(names.length);
  });

  it('asks for a key wherever one is needed', () => {
    const open = operations().filter(([, { security }]) => security?.length === 0);
    expect(open.map(([route]) => route).toSorted()).toEqual([
      'GET /health',
      'GET /openapi.json',
      'GET /ready',
    ]);
  });

  it('has the rules of a request body as the gateway has them', () => {
    const schema = (route: string): object => {
      const [, one] = operations().find(([name]) => name === route) ?? [];
      return one?.requestBody?.content['application/json']?.schema ?? {};
    };
    const chat = ajv.compile(schema('POST /v1/chat/completions'));
    expect(chat({ ...CHAT, temperature: 2, stop: ['a'], n: null, unknown: 1 })).toBe(true);
    expect(chat({ ...CHAT, temperature: 2.1 })).toBe(false);
    expect(chat({ messages: [] })).toBe(false);
    const key = ajv.compile(schema('POST /v1/admin/keys'));
    expect(key({ name: 'a', expires_at: null, models: null })).toBe(true);
    expect(key({ name: 'a', role: null })).toBe(false);
    expect(key({ name: 'a', unknown: 1 })).toBe(false);
    const model = ajv.compile(schema('POST /v1/admin/models'));
    expect(model(ROUTE)).toBe(true);
    expect(model({ ...ROUTE, targets: [{ provider: 'x' }] })).toBe(false);
    expect(ajv.compile(schema('PATCH /v1/admin/keys/{id}'))({})).toBe(true);
  });

  it('has the parameters of a query', () => {
    const { parameters = [] } = document.paths['/v1/admin/requests']?.get ?? {};
    const names = parameters.map(({ name }) => name);
    expect(names.toSorted()).toEqual([
      'cursor',
      'format',
      'from',
      'key',
      'limit',
      'model',
      'provider',
      'status',
      'team',
      'to',
    ]);
  });
});

describe('what the gateway answers is what it describes', () => {
  const CALLS: [string, string, string?, unknown?][] = [
    ['POST', '/v1/chat/completions', undefined, CHAT],
    ['POST', '/v1/chat/completions', undefined, { ...CHAT, model: 'missing' }],
    ['POST', '/v1/chat/completions', undefined, { ...CHAT, temperature: 9 }],
    ['POST', '/v1/completions', undefined, { model: 'my-gpt-4', prompt: 'Say hello' }],
    ['POST', '/v1/embeddings', undefined, { model: 'my-embedding', input: 'Hello' }],
    ['POST', '/v1/images/generations', undefined, { model: 'my-gpt-4', prompt: 'A cat' }],
    ['POST', '/v1/moderations', undefined, { model: 'my-gpt-4', input: 'peace' }],
    ['POST', '/v1/rerank', undefined, { model: 'my-gpt-4', query: 'a cat', documents: ['a cat', 'a dog'] }],
    ['POST', '/v1/responses', undefined, RESPONSE],
    ['GET', '/v1/responses/{id}', 'response'],
    ['GET', '/v1/responses/{id}', 'missing'],
    ['GET', '/v1/responses/{id}/input_items', 'response'],
    ['DELETE', '/v1/responses/{id}', 'response'],
    ['GET', '/v1/models'],
    ['GET', '/v1/models/{model}', 'my-gpt-4'],
    ['GET', '/v1/models/{model}', 'missing'],
    ['GET', '/v1/admin/keys'],
    ['POST', '/v1/admin/keys', undefined, { name: 'new' }],
    ['GET', '/v1/admin/keys/{id}', 'key'],
    ['PATCH', '/v1/admin/keys/{id}', 'key', { name: 'renamed' }],
    ['POST', '/v1/admin/keys/{id}/rotate', 'key'],
    ['POST', '/v1/admin/keys/{id}/revoke', 'key', { reason: 'lost' }],
    ['DELETE', '/v1/admin/keys/{id}', 'key'],
    ['GET', '/v1/admin/keys/{id}', 'key'],
    ['GET', '/v1/admin/teams'],
    ['POST', '/v1/admin/teams', undefined, { name: 'theirs', models: ['a*'], limits: { rpm: 1 } }],
    ['GET', '/v1/admin/teams/{id}', 'team'],
    ['PATCH', '/v1/admin/teams/{id}', 'team', { limits: null }],
    ['DELETE', '/v1/admin/teams/{id}', 'team'],
    ['GET', '/v1/admin/providers'],
    ['POST', '/v1/admin/providers', undefined, PROVIDER],
    ['GET', '/v1/admin/providers/{id}', 'provider'],
    ['PATCH', '/v1/admin/providers/{id}', 'provider', { headers: { 'x-team': 'a' } }],
    ['POST', '/v1/admin/providers/{id}/test', 'provider'],
    ['GET', '/v1/admin/providers/{id}/models', 'provider'],
    ['GET', '/v1/admin/models'],
    ['POST', '/v1/admin/models', undefined, ROUTE],
    ['GET', '/v1/admin/models/stats'],
    ['GET', '/v1/admin/models/{model}', 'team/chat'],
    ['PUT', '/v1/admin/models/{model}', 'team/chat', { targets: ROUTE.targets }],
    ['PATCH', '/v1/admin/models/{model}', 'team/chat', { enabled: false }],
    ['DELETE', '/v1/admin/models/{model}', 'team/chat'],
    ['GET', '/v1/admin/requests'],
    ['GET', '/v1/admin/requests/{id}', 'request'],
    ['GET', '/v1/admin/audit'],
    ['GET', '/v1/admin/audit/verify'],
    ['GET', '/v1/admin/system'],
    ['POST', '/v1/admin/system/reload'],
    ['GET', '/v1/admin/system/webhook-secret'],
    ['POST', '/v1/admin/system/rotate-keys', undefined, { which: 'pepper' }],
    ['GET', '/health'],
    ['GET', '/ready'],
  ];

  it.each(CALLS)('%s %s (%s)', async (method, path, id = '', body) => {
    const target = path.replace(/\{\w+\}/, ids[id as keyof typeof ids] ?? id);
    const answer = await bench.request(method, target, body, MASTER);
    expect(violations(answer, method, path)).toEqual([]);
  });
});
