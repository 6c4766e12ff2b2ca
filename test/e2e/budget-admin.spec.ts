import { afterAll, beforeAll, expect, it } from 'vitest';
import { BudgetAccounts, Database } from '#persistence';
import { periodOf } from '../support/budget-world.js';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { insertMade, madeRecord } from '../support/made-records.js';

let bench: TestBench;
let database: Database;
const NOW = Date.now();
const TODAY = periodOf('day', NOW);

beforeAll(async () => {
  bench = await startBench();
  database = bench.gateway.app.get(Database);
  const draw = { limitNanos: 1_000_000_000, isStrict: true, needNanos: 20_000_000, extraNanos: 0 };
  const draws = [TODAY, periodOf('day', 0)].map((span) => ({
    account: { kind: 'key', subject: 'key_a', period: 'day', ...span } as const,
    ...draw,
  }));
  await new BudgetAccounts(database, 'gone').draw(draws);
  await insertMade(database, [madeRecord('req_a', new Date(NOW), { keyId: 'key_a', costNanos: 5_000_000 })]);
});
afterAll(() => bench.close());

it('accounts are listed', async () => {
  const { data } = await bench.admin('GET', '/budgets?kind=key&current=true');
  expect(data).toEqual([
    {
      object: 'budget.account',
      kind: 'key',
      subject: 'key_a',
      period: 'day',
      starts_at: new Date(TODAY.startsAt).toISOString(),
      ends_at: new Date(TODAY.endsAt ?? 0).toISOString(),
      spent_usd: '0.005',
      reserved_usd: '0.02',
      withheld_usd: '0',
    },
  ]);
  const all = await bench.admin('GET', '/budgets?subject=key_a');
  expect(all.data).toHaveLength(2);
  expect((await bench.admin('GET', '/budgets?kind=team')).data).toEqual([]);
});

it('what is wrong is told, put right and audited', async () => {
  await database.run(
    'UPDATE budget_account SET spent_nanos = 1, reserved_nanos = -1 WHERE spent_nanos > 0',
    [],
  );
  const found = await bench.admin('POST', '/budgets/reconcile');
  const account = {
    kind: 'key',
    subject: 'key_a',
    period: 'day',
    starts_at: new Date(TODAY.startsAt).toISOString(),
  };
  const differences = [
    { ...account, column: 'spent', was_usd: '0.000000001', is_usd: '0.005' },
    { ...account, column: 'reserved', was_usd: '-0.000000001', is_usd: '0.02' },
  ];
  expect(found).toMatchObject({
    object: 'budget.reconciliation',
    repaired: false,
    accounts: 2,
    differences,
    rollups: [],
  });
  expect(await bench.admin('POST', '/budgets/reconcile', { repair: true })).toMatchObject({
    repaired: true,
    differences,
  });
  expect(await bench.admin('POST', '/budgets/reconcile', {})).toMatchObject({
    differences: [],
    complete: true,
  });
  const { data } = await bench.admin('GET', '/audit?limit=2');
  expect(data[1]).toMatchObject({ action: 'reconcile', object_type: 'budget', changes: { repair: true } });
});

const cursorOf = (...name: unknown[]) => Buffer.from(JSON.stringify(name)).toString('base64url');
it.each([
  ['GET', '/budgets?kind=model', undefined, 'kind'],
  ['GET', '/budgets?cursor=none', undefined, 'cursor'],
  ['GET', `/budgets?cursor=${cursorOf('a', '\0', 'c', 1)}`, undefined, 'cursor'],
  ['GET', `/budgets?cursor=${cursorOf('a', '\ud800', 'c', 1)}`, undefined, 'cursor'],
  ['GET', `/budgets?cursor=${cursorOf('a', 'b', 'c', -8.64e15)}`, undefined, 'cursor'],
  ['GET', '/budgets?when=now', undefined, 'when'],
  ['POST', '/budgets/reconcile', { fix: true }, 'fix'],
  ['POST', '/budgets/reconcile', { repair: 'yes' }, 'repair'],
  ['POST', '/budgets/reconcile', { release_withheld: true }, 'release_withheld'],
])('%s %s %o is a 400 that names what is wrong', async (method, path, body, param) => {
  const authorization = `Bearer ${MASTER_KEY}`;
  const answer = await bench.request(method, `/v1/admin${path}`, body, { authorization });
  expect(answer.status).toBe(400);
  expect(answer.json.error.param).toBe(param);
});
