import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/gateway.js';
import { RightsWorld } from '../support/rights-world.js';
import type { Cell } from '../support/rights-world.js';
import { HELD, KEY_FIELDS, RIGHTS, WHO, WHOSE, outcomeOf } from '../support/rights.js';
import type { Outcome, Who } from '../support/rights.js';

interface Described {
  readonly security?: readonly object[];
  readonly requestBody?: { content: Record<string, { schema: { properties?: object } }> };
  readonly 'x-pllm-roles'?: readonly string[];
  readonly 'x-pllm-unscoped'?: boolean;
}

let world: RightsWorld;
/** Those that need a key. */
let operations: Map<string, Described>;

beforeAll(async () => {
  world = await RightsWorld.start();
  const { paths } = (await world.bench.request('GET', '/openapi.json')).json;
  operations = new Map(
    Object.entries(paths as Record<string, Record<string, Described>>).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([method, { security }]) => method !== 'servers' && security?.length !== 0)
        .map(([method, one]): [string, Described] => [`${method.toUpperCase()} ${path}`, one]),
    ),
  );
});
afterAll(() => world.bench.close());

/** How many requests are under way at once. */
const LANES = 8;

async function inLanes<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const lane = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Each who, for each object that the operation could name. */
function cellsOf([operation, right]: (typeof ENTRIES)[number]): Cell[] {
  const all = right.kind === undefined ? (['own'] as const) : WHOSE;
  return WHO.flatMap((who) => all.map((whose) => ({ operation, right, who, whose })));
}
const ENTRIES = Object.entries(RIGHTS);

const becameOf = ({ status }: Answer): Outcome => (status < 300 ? 'done' : (status as Outcome));

/** All that a caller can tell apart, but for what is new in each answer and the id that was asked for. */
function seenOf({ status, headers, text }: Answer, id: string): string {
  const changing = ['x-request-id', 'date', 'x-pllm-overhead-ms'];
  const told = [...headers].filter(([name]) => !changing.includes(name));
  return JSON.stringify([status, told, text]).replaceAll(id, 'ID');
}

describe('the matrix of rights', () => {
  it('knows every operation of the description, and no other', () => {
    expect([...operations.keys()].toSorted()).toEqual(Object.keys(RIGHTS).toSorted());
  });

  it('is what the description says', () => {
    for (const [operation, { may }] of ENTRIES) {
      const described = operations.get(operation);
      const roles = may.filter((who) => who !== 'scoped');
      const isUnscoped = may.includes('admin') && !may.includes('scoped');
      expect([
        operation,
        described?.['x-pllm-roles']?.toSorted(),
        described?.['x-pllm-unscoped'] ?? false,
      ]).toEqual([operation, roles.toSorted(), isUnscoped]);
    }
  });

  it('is what the gateway does', async () => {
    const before = await world.bystanderTexts();
    const wrong: string[] = [];
    const seen = new Map<string, string>();
    await inLanes(ENTRIES.flatMap(cellsOf), async (cell) => {
      const id = await world.idFor(cell);
      const answer = await world.send(cell, id);
      const { operation, right, who, whose } = cell;
      const expected = outcomeOf(operation, right, who, whose);
      const name = `${operation} by ${who}, ${whose}`;
      if (becameOf(answer) !== expected)
        wrong.push(`${name}: ${answer.status} ${answer.text}, not ${expected}`);
      seen.set(name, seenOf(answer, id));
    });
    expect(wrong).toEqual([]);
    const told = [...seen].filter(([name, text]) => {
      const [status] = JSON.parse(text) as [number];
      return name.endsWith('foreign') && status === 404;
    });
    expect(told.length).toBeGreaterThan(0);
    for (const [name, text] of told) {
      expect([name, text]).toEqual([name, seen.get(name.replace(/foreign$/, 'missing'))]);
    }
    expect(await world.bystanderTexts()).toEqual(before);
  });

  it('goes on from an answer of another key as from none', async () => {
    const post = (who: Who, id: string) =>
      world.ask(who, 'POST', '/v1/responses', { model: 'a-1', input: 'x', previous_response_id: id });
    const { json } = await world.ask('other', 'POST', '/v1/responses', { model: 'a-1', input: 'x' });
    const none = `resp_${'0'.repeat(json.id.length - 5)}`;
    for (const who of ['member', 'scoped', 'admin', 'master'] as const) {
      const [foreign, missing] = [await post(who, json.id), await post(who, none)];
      expect([foreign.status, seenOf(foreign, json.id)]).toEqual([400, seenOf(missing, none)]);
    }
  });
});

describe('a member that names another key', () => {
  const from = '2026-01-01T00:00:00Z';
  it.each(['requests', 'usage'])('is told the same as of one that is missing: %s', async (list) => {
    const to = new Date(Date.now() + 60_000).toISOString();
    for (const rest of ['', '&format=csv', '&model=a-1']) {
      const get = (key: string) =>
        world.ask('member', 'GET', `/v1/admin/${list}?key=${key}&from=${from}&to=${to}${rest}`);
      const [own, other] = [world.of('member').id, world.of('other').id];
      const missing = `key_${'0'.repeat(24)}`;
      const answer = await get(other);
      expect(answer.status).toBe(200);
      expect(seenOf(answer, other)).toBe(seenOf(await get(missing), missing));
      expect(seenOf(answer, other)).not.toBe(seenOf(await get(own), own));
    }
  });

  it('sees no key but its own', async () => {
    const usage = await world.ask('member', 'GET', '/v1/admin/usage?group_by=key');
    const requests = await world.ask('member', 'GET', '/v1/admin/requests?limit=1000');
    const keys = [...usage.json.data, ...requests.json.data].map(({ key }: { key: string }) => key);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys)).toEqual(new Set([world.of('member').id]));
  });

  it('is told of the models that it may call, and of no other', async () => {
    for (const path of ['/v1/models', '/v1/admin/models/stats']) {
      const { json } = await world.ask('member', 'GET', path);
      const names = json.data.map(({ id, model }: { id?: string; model?: string }) => id ?? model);
      expect(names).toContain('a-1');
      expect(names.filter((name: string) => !name.startsWith('a-'))).toEqual([]);
    }
  });
});

describe('the fields of a key', () => {
  const ROUTES = ['POST /v1/admin/keys', 'PATCH /v1/admin/keys/{id}'];
  const rights = Object.entries(KEY_FIELDS).flatMap(([field, one]) => (one ? [{ field, ...one }] : []));

  it('are all in the matrix', () => {
    for (const route of ROUTES) {
      const { properties } = operations.get(route)?.requestBody?.content['application/json']?.schema ?? {};
      expect(Object.keys(properties ?? {}).toSorted()).toEqual(Object.keys(KEY_FIELDS).toSorted());
    }
  });

  /** A key that is made so, and one that is changed so. */
  async function give(who: Who, fields: object): Promise<Answer[]> {
    const { id } = await world.makeKey(HELD);
    return [
      await world.ask(who, 'POST', '/v1/admin/keys', { name: world.newName(), ...HELD, ...fields }),
      await world.ask(who, 'PATCH', `/v1/admin/keys/${id}`, fields),
    ];
  }
  const toldOf = (answers: readonly Answer[]) =>
    answers.map(({ status, json }) => [status, json.error?.code, json.error?.param]);
  const DONE = [
    [201, undefined, undefined],
    [200, undefined, undefined],
  ];
  const twice = (...told: [number, string, string | null]) => [told, told];

  it.each(rights)(
    'within what is held are given, beyond it refused: $field',
    async ({ field, ...values }) => {
      const { within, beyond, invalid = [] } = values;
      const cases = [
        ...within.map((value) => ({ value, scoped: DONE, others: DONE })),
        ...beyond.map((value) => ({
          value,
          scoped: twice(403, 'insufficient_permissions', field),
          others: DONE,
        })),
        ...invalid.map((value) => {
          const refused = twice(400, 'invalid_value', field);
          return { value, scoped: refused, others: refused };
        }),
      ];
      await inLanes(cases, async ({ value, scoped, others }) => {
        const told = async (who: Who) => [who, value, toldOf(await give(who, { [field]: value }))];
        expect(await told('scoped')).toEqual(['scoped', value, scoped]);
        for (const who of ['admin', 'master'] as const) expect(await told(who)).toEqual([who, value, others]);
      });
      for (const value of [...within, ...beyond]) {
        for (const who of ['member', 'viewer'] as const) {
          const fields = { name: 'x', [field]: value };
          const answer = await world.ask(who, 'POST', '/v1/admin/keys', fields);
          expect(toldOf([answer])).toEqual([[403, 'insufficient_permissions', null]]);
        }
      }
    },
  );

  it.each(rights)('are not widened by the key itself: $field', async ({ field, beyond }) => {
    const { id } = world.of('scoped');
    const before = await world.bench.admin('GET', `/keys/${id}`);
    for (const value of beyond) {
      const answer = await world.ask('scoped', 'PATCH', `/v1/admin/keys/${id}`, { [field]: value });
      expect([value, toldOf([answer])]).toEqual([value, [[403, 'insufficient_permissions', field]]]);
    }
    expect(await world.bench.admin('GET', `/keys/${id}`)).toEqual(before);
  });

  it('are refused where nothing enforces them', async () => {
    for (const who of ['scoped', 'admin', 'master'] as const) {
      expect(toldOf(await give(who, { scopes: ['all'] }))).toEqual(twice(400, 'unknown_parameter', 'scopes'));
    }
  });

  it('go down from key to key, and a key may end itself', async () => {
    const { json: child } = await world.ask('scoped', 'POST', '/v1/admin/keys', {
      name: 'child',
      ...HELD,
      role: 'admin',
      models: ['a-1'],
    });
    const ask = (method: string, path: string, body?: object) =>
      world.bench.request(method, `/v1/admin${path}`, body, { authorization: `Bearer ${child.key}` });
    const refused = [403, 'insufficient_permissions', 'models'];
    const sibling = await world.makeKey(HELD);
    expect(
      toldOf([
        await ask('POST', '/keys', { name: 'x', ...HELD }),
        await ask('PATCH', `/keys/${child.id}`, { models: HELD.models }),
        await ask('POST', `/keys/${world.of('scoped').id}/rotate`),
        await ask('POST', `/keys/${sibling.id}/revoke`),
        await ask('DELETE', `/keys/${sibling.id}`),
      ]),
    ).toEqual(Array.from({ length: 5 }, () => refused));
    expect((await ask('PATCH', `/keys/${child.id}`, { name: 'renamed' })).status).toBe(200);
    expect((await ask('DELETE', `/keys/${child.id}`)).status).toBe(200);
    expect((await ask('GET', '/keys')).status).toBe(401);
    const { data } = await world.bench.admin('GET', '/audit?limit=1000');
    const own = data.filter(({ actor }: { actor: string }) => actor === child.id);
    expect(own.map(({ action, object_id }: Record<string, string>) => [action, object_id])).toEqual([
      ['delete', child.id],
      ['update', child.id],
    ]);
  });
});

describe('all that was answered', () => {
  it('holds no secret of a key or provider', () => {
    expect(world.texts.length).toBeGreaterThan(1_000);
    const all = world.texts.join('\n');
    expect(world.secrets.filter((secret) => all.includes(secret))).toEqual([]);
  });
});
