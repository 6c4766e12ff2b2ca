import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { badRequest, expectError } from '../support/expect-error.js';
import type { ExpectedError } from '../support/expect-error.js';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';

const NOT_FOUND = { status: 404, type: 'invalid_request_error', code: 'not_found', param: null };
const CONFLICT = { status: 409, type: 'invalid_request_error', code: 'conflict', param: null };
const TARGETS = [{ provider: 'upstream', model: 'gpt-upstream' }];

let bench: TestBench;
let provider: string;
let count = 0;

beforeAll(async () => {
  bench = await startBench();
  const { data } = await bench.admin('GET', '/providers');
  provider = data[0].id;
});
afterAll(() => bench.close());

const ask = (method: string, path: string, body?: unknown): Promise<Answer> =>
  bench.request(method, `/v1/admin${path}`, body, { authorization: `Bearer ${MASTER_KEY}` });
const make = (fields: object = {}): Promise<Answer['json']> =>
  bench.admin('POST', '/models', { id: `model-${++count}`, targets: TARGETS, ...fields });

describe('a model', () => {
  it('is made with as little as a name and a target', async () => {
    const answer = await ask('POST', '/models', { id: 'plain', targets: TARGETS });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      id: 'plain',
      object: 'model',
      source: 'api',
      owned_by: 'sandbox',
      strategy: 'priority',
      targets: [
        {
          provider: 'upstream',
          provider_id: provider,
          model: 'gpt-upstream',
          priority: 0,
          weight: 1,
          timeouts: {},
          price: null,
        },
      ],
      fallbacks: [],
      retry: {},
      timeouts: {},
      price: null,
      unsupported_parameters: 'lenient',
      capabilities: {},
      limits: {},
      enabled: true,
      metadata: {},
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    expect((await ask('GET', '/models/plain')).json).toEqual(answer.json);
  });

  it('keeps all that is said of it, each limit where it was given', async () => {
    const made = await make({
      owned_by: 'somebody',
      strategy: 'priority',
      enabled: false,
      metadata: { tier: { a: [1] } },
      timeouts: { total_ms: 9_000 },
      targets: [
        { provider: 'upstream', model: 'one', priority: 2, timeouts: { first_byte_ms: 100 } },
        { provider, model: 'two;chunks=3' },
      ],
    });
    expect(made).toMatchObject({
      owned_by: 'somebody',
      enabled: false,
      metadata: { tier: { a: [1] } },
      timeouts: { total_ms: 9_000 },
      targets: [
        { provider: 'upstream', model: 'one', priority: 2, timeouts: { first_byte_ms: 100 } },
        { provider: 'upstream', model: 'two;chunks=3', priority: 0, timeouts: {} },
      ],
    });
    expect(await bench.admin('GET', `/models/${made.id}`)).toEqual(made);
  });

  it('is changed by PATCH in what is given only', async () => {
    const { id } = await make({
      owned_by: 'a',
      metadata: { a: 1 },
      timeouts: { idle_ms: 5 },
      limits: { rpm: 5, parallel: 2 },
    });
    const change = (fields: object) => bench.admin('PATCH', `/models/${id}`, fields);
    expect(await change({ enabled: false })).toMatchObject({
      enabled: false,
      owned_by: 'a',
      metadata: { a: 1 },
      limits: { rpm: 5, parallel: 2 },
    });
    expect(await change({ limits: { tpm: 7 } })).toMatchObject({ limits: { tpm: 7 } });
    expect(await change({ limits: null })).toMatchObject({ limits: {} });
    const targets = [{ provider: 'upstream', model: 'other' }];
    expect(await change({ targets })).toMatchObject({ targets, owned_by: 'a', timeouts: { idle_ms: 5 } });
    expect(await change({ timeouts: null, metadata: null })).toMatchObject({
      timeouts: {},
      metadata: {},
      targets,
    });
  });

  it('says how its calls are routed', async () => {
    const [first, second] = [await make(), await make({ enabled: false })];
    await make({ id: 'family/*', targets: [{ provider: 'upstream', model: '*' }] });
    const routed = {
      strategy: 'weighted',
      targets: [
        { provider: 'upstream', model: 'a', weight: 0, priority: 1 },
        { provider: 'upstream', model: 'b', weight: 1_000 },
      ],
      fallbacks: [second.id, 'family/x', first.id],
      retry: { attempts: 10, budget_ratio: 0.25 },
    };
    const made = await make(routed);
    expect(made).toMatchObject(routed);
    expect(await bench.admin('GET', `/models/${made.id}`)).toEqual(made);
    const change = (fields: object) => bench.admin('PATCH', `/models/${made.id}`, fields);
    expect(await change({ owned_by: 'me' })).toMatchObject(routed);
    expect(await change({ strategy: 'least-busy', retry: { attempts: 1 } })).toMatchObject({
      ...routed,
      strategy: 'least-busy',
      retry: { attempts: 1 },
    });
    expect(await change({ fallbacks: [first.id] })).toMatchObject({ fallbacks: [first.id] });
    expect(await change({ fallbacks: null, retry: null })).toMatchObject({ fallbacks: [], retry: {} });
    const audit = await bench.admin('GET', '/audit?limit=2');
    expect(audit.data.map(({ changes }: { changes: object }) => changes)).toEqual([
      { fallbacks: null, retry: null },
      { fallbacks: [first.id] },
    ]);
    expect(await bench.admin('PUT', `/models/${made.id}`, routed)).toMatchObject(routed);
    const plain = { strategy: 'priority', fallbacks: [], retry: {} };
    expect(await bench.admin('PUT', `/models/${made.id}`, { targets: TARGETS })).toMatchObject(plain);
  });

  it('falls back to another one that is there, never to itself', async () => {
    const { id } = await make();
    const refused = badRequest('invalid_value', 'fallbacks[1]');
    for (const name of ['nobody', id]) {
      const fallbacks = ['model-1', name];
      expectError(await ask('PATCH', `/models/${id}`, { fallbacks }), refused);
      expectError(await ask('PUT', `/models/${id}`, { targets: TARGETS, fallbacks }), refused);
    }
    const own = { id: 'own-name', targets: TARGETS, fallbacks: ['own-name'] };
    expectError(await ask('POST', '/models', own), badRequest('invalid_value', 'fallbacks[0]'));
    // One of a family may stand in for the others.
    const targets = [{ provider: 'upstream', model: '*' }];
    expect(await make({ id: 'kin/*', targets, fallbacks: ['kin/safe'] })).toMatchObject({
      fallbacks: ['kin/safe'],
    });
    // One that is gone leaves its name behind.
    const gone = await make();
    await bench.admin('PATCH', `/models/${id}`, { fallbacks: [gone.id] });
    await bench.admin('DELETE', `/models/${gone.id}`);
    expect(await bench.admin('GET', `/models/${id}`)).toMatchObject({ fallbacks: [gone.id] });
  });

  it.each(['priority', 'weighted', 'round-robin', 'least-latency', 'least-busy', 'lowest-cost'])(
    'may be routed by %s',
    async (strategy) => expect(await make({ strategy })).toMatchObject({ strategy }),
  );

  it('is changed by PUT in everything', async () => {
    const { id } = await make({
      owned_by: 'a',
      metadata: { a: 1 },
      timeouts: { idle_ms: 5 },
      enabled: false,
    });
    const replaced = await bench.admin('PUT', `/models/${id}`, { targets: TARGETS });
    expect(replaced).toMatchObject({ id, owned_by: 'sandbox', metadata: {}, timeouts: {}, enabled: true });
    expectError(await ask('PUT', `/models/${id}`, {}), badRequest('missing_required_parameter', 'targets'));
    expectError(await ask('PUT', '/models/nothing', { targets: TARGETS }), NOT_FOUND);
  });

  it('is deleted', async () => {
    const { id } = await make();
    expect(await bench.admin('DELETE', `/models/${id}`)).toEqual({ id, object: 'model', deleted: true });
    expectError(await ask('GET', `/models/${id}`), NOT_FOUND);
    expectError(await ask('DELETE', `/models/${id}`), NOT_FOUND);
  });

  it.each([
    'a/b/c',
    'ft:gpt:acme::id',
    'x.y.z',
    'naïve-日本',
    '100%25',
    'openai/*',
    '*',
    'statistics',
    'a&b=c',
  ])('may be called %s', async (id) => {
    await make({ id });
    for (const path of [encodeURIComponent(id), encodeURI(id)]) {
      expect((await ask('GET', `/models/${path}`)).json.id).toBe(id);
    }
    expect((await ask('PATCH', `/models/${encodeURIComponent(id)}`, { owned_by: 'x' })).json.owned_by).toBe(
      'x',
    );
    expect((await ask('DELETE', `/models/${encodeURI(id)}`)).status).toBe(200);
  });

  it('is not there twice by one name', async () => {
    const { id } = await make();
    expectError(await ask('POST', '/models', { id, targets: TARGETS }), CONFLICT);
    const before = await bench.admin('GET', `/models/${id}`);
    expect(before.targets).toHaveLength(1);
  });

  it('that is not there is a 404', async () => {
    for (const id of ['nothing', 'a/b', '%00', '..%2fkeys']) {
      for (const method of ['GET', 'PATCH', 'DELETE'])
        expectError(await ask(method, `/models/${id}`, method === 'GET' ? undefined : '{}'), NOT_FOUND);
    }
  });

  it('comes in pages', async () => {
    for (let index = 0; index < 3; index++) await make();
    const whole = await bench.admin('GET', '/models?limit=1000');
    expect(whole).toMatchObject({ object: 'list', has_more: false, next_cursor: null });
    const first = await bench.admin('GET', '/models?limit=2');
    expect(first).toMatchObject({ has_more: true, data: whole.data.slice(0, 2) });
    const cursor = encodeURIComponent(first.next_cursor);
    const second = await bench.admin('GET', `/models?limit=1000&cursor=${cursor}`);
    expect(second.data).toEqual(whole.data.slice(2));
  });
});

describe('a body that is refused', () => {
  const CASES: [object, ExpectedError][] = [
    [{ id: undefined }, badRequest('missing_required_parameter', 'id')],
    [{ id: '' }, badRequest('invalid_value', 'id')],
    [{ id: 5 }, badRequest('invalid_type', 'id')],
    [{ id: 'stats' }, badRequest('invalid_value', 'id')],
    [{ id: 'x'.repeat(257) }, badRequest('invalid_value', 'id')],
    ...['/a', 'a/', 'a//b', 'a b', 'a\nb', 'a?b', 'a#b', 'a*b', 'a**', '**', 'a\u0000'].map(
      (id): [object, ExpectedError] => [{ id }, badRequest('invalid_value', 'id')],
    ),
    [{ targets: undefined }, badRequest('missing_required_parameter', 'targets')],
    [{ targets: null }, badRequest('invalid_type', 'targets')],
    [{ targets: [] }, badRequest('invalid_value', 'targets')],
    [{ targets: 'upstream' }, badRequest('invalid_type', 'targets')],
    [{ targets: [{ model: 'x' }] }, badRequest('missing_required_parameter', 'targets[0].provider')],
    [
      { targets: [...TARGETS, { provider: 'upstream' }] },
      badRequest('missing_required_parameter', 'targets[1].model'),
    ],
    [{ targets: [{ provider: 'nobody', model: 'x' }] }, badRequest('invalid_value', 'targets[0].provider')],
    [{ targets: [{ provider: 'upstream', model: '' }] }, badRequest('invalid_value', 'targets[0].model')],
    [{ targets: [{ ...TARGETS[0], priority: -1 }] }, badRequest('invalid_value', 'targets[0].priority')],
    [{ targets: [{ ...TARGETS[0], priority: 1.5 }] }, badRequest('invalid_type', 'targets[0].priority')],
    [{ targets: [{ ...TARGETS[0], weight: -1 }] }, badRequest('invalid_value', 'targets[0].weight')],
    [{ targets: [{ ...TARGETS[0], weight: 1_001 }] }, badRequest('invalid_value', 'targets[0].weight')],
    [{ targets: [{ ...TARGETS[0], weight: 0.5 }] }, badRequest('invalid_type', 'targets[0].weight')],
    [{ targets: [{ ...TARGETS[0], weight: null }] }, badRequest('invalid_type', 'targets[0].weight')],
    [{ targets: [{ ...TARGETS[0], weight: 0 }] }, badRequest('invalid_value', 'targets')],
    [{ targets: [1, 2].map(() => ({ ...TARGETS[0], weight: 0 })) }, badRequest('invalid_value', 'targets')],
    [
      { targets: [{ ...TARGETS[0], price: { per_minute: '1' } }] },
      badRequest('unknown_parameter', 'targets[0].price.per_minute'),
    ],
    [{ targets: [{ ...TARGETS[0], params: {} }] }, badRequest('unknown_parameter', 'targets[0].params')],
    [
      { targets: [{ ...TARGETS[0], timeouts: { idle_ms: -1 } }] },
      badRequest('invalid_value', 'targets[0].timeouts.idle_ms'),
    ],
    [{ targets: Array.from({ length: 51 }, () => TARGETS[0]) }, badRequest('invalid_value', 'targets')],
    [{ strategy: 'fastest' }, badRequest('invalid_value', 'strategy')],
    [{ fallbacks: 'other' }, badRequest('invalid_type', 'fallbacks')],
    [{ fallbacks: {} }, badRequest('invalid_type', 'fallbacks')],
    [{ fallbacks: [5] }, badRequest('invalid_type', 'fallbacks')],
    [{ fallbacks: [''] }, badRequest('invalid_value', 'fallbacks')],
    [{ fallbacks: ['openai/*'] }, badRequest('invalid_value', 'fallbacks')],
    [{ fallbacks: ['same', 'same'] }, badRequest('invalid_value', 'fallbacks')],
    [
      { fallbacks: Array.from({ length: 11 }, (_, at) => `m${at}`) },
      badRequest('invalid_value', 'fallbacks'),
    ],
    [{ fallbacks: ['nobody'] }, badRequest('invalid_value', 'fallbacks[0]')],
    [{ retry: 3 }, badRequest('invalid_type', 'retry')],
    [{ retry: { attempts: 0 } }, badRequest('invalid_value', 'retry.attempts')],
    [{ retry: { attempts: 11 } }, badRequest('invalid_value', 'retry.attempts')],
    [{ retry: { attempts: 1.5 } }, badRequest('invalid_type', 'retry.attempts')],
    [{ retry: { attempts: null } }, badRequest('invalid_type', 'retry.attempts')],
    [{ retry: { budget_ratio: -0.1 } }, badRequest('invalid_value', 'retry.budget_ratio')],
    [{ retry: { budget_ratio: 1.1 } }, badRequest('invalid_value', 'retry.budget_ratio')],
    [{ retry: { budget_ratio: '0.5' } }, badRequest('invalid_type', 'retry.budget_ratio')],
    [{ retry: { delay_ms: 5 } }, badRequest('unknown_parameter', 'retry.delay_ms')],
    [{ strategy: null }, badRequest('invalid_value', 'strategy')],
    [{ owned_by: null }, badRequest('invalid_type', 'owned_by')],
    [{ owned_by: '' }, badRequest('invalid_value', 'owned_by')],
    [{ enabled: null }, badRequest('invalid_type', 'enabled')],
    [{ enabled: 1 }, badRequest('invalid_type', 'enabled')],
    [{ metadata: [] }, badRequest('invalid_type', 'metadata')],
    [{ price: '1' }, badRequest('invalid_type', 'price')],
    [{ price: { per_image: 1 } }, badRequest('invalid_value', 'price.per_image')],
    [{ timeouts: { connect_ms: null } }, badRequest('invalid_type', 'timeouts.connect_ms')],
    [{ limits: [] }, badRequest('invalid_type', 'limits')],
    [{ limits: { rpm: 0 } }, badRequest('invalid_value', 'limits.rpm')],
    [{ limits: { rps: 1 } }, badRequest('unknown_parameter', 'limits.rps')],
    ...['hedge', 'cache', 'budget', 'created_at', 'object'].map((name): [object, ExpectedError] => [
      { [name]: {} },
      badRequest('unknown_parameter', name),
    ]),
  ];
  it.each(CASES)('%.100j', async (fields, expected) => {
    const id = `refused-${++count}`;
    expectError(await ask('POST', '/models', { id, targets: TARGETS, ...fields }), expected);
    expectError(await ask('GET', `/models/${id}`), NOT_FOUND);
    const [[name, value] = []] = Object.entries(fields);
    if (name === 'id' || value === undefined) return;
    const made = await make();
    expectError(await ask('PATCH', `/models/${made.id}`, fields), expected);
    expectError(await ask('PUT', `/models/${made.id}`, { targets: TARGETS, ...fields }), expected);
    expect(await bench.admin('GET', `/models/${made.id}`)).toEqual(made);
  });

  it('changes the name of a model', async () => {
    const { id } = await make();
    expectError(await ask('PATCH', `/models/${id}`, { id: 'other' }), badRequest('unknown_parameter', 'id'));
  });

  it('carries a prototype', async () => {
    const target = '{"provider":"upstream","model":"x","__proto__":{"priority":5}}';
    for (const body of [
      `{"id":"proto","targets":[${target}]}`,
      '{"id":"proto","__proto__":{"targets":[]}}',
      `{"id":"proto","targets":${JSON.stringify(TARGETS)},"metadata":{"\\u005f_proto__":{"a":1}}}`,
    ])
      expect((await ask('POST', '/models', body)).status).toBe(400);
  });

  it('names a provider that was deleted', async () => {
    const gone = await bench.admin('POST', '/providers', {
      name: 'gone',
      type: 'sandbox',
      base_url: bench.sandbox.url,
    });
    await bench.admin('DELETE', `/providers/${gone.id}`);
    const targets = [{ provider: 'gone', model: 'x' }];
    expectError(
      await ask('POST', '/models', { id: 'orphan', targets }),
      badRequest('invalid_value', 'targets[0].provider'),
    );
  });
});

describe('changes at the same time', () => {
  it('are all there in the end, and each name once', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `parallel-${index % 6}`);
    const statuses = await Promise.all(
      ids.map(async (id) => (await ask('POST', '/models', { id, targets: TARGETS })).status),
    );
    expect(statuses.toSorted()).toEqual([...Array(6).fill(201), ...Array(6).fill(409)]);
    const { data } = await bench.admin('GET', '/models?limit=1000');
    const made = data.map(({ id }: { id: string }) => id).filter((id: string) => id.startsWith('parallel-'));
    expect(made).toHaveLength(6);
    const listed = await bench.request('GET', '/v1/models', undefined, { 'x-api-key': MASTER_KEY });
    for (const id of made) expect(listed.text).toContain(`"${id}"`);
  });
});
