import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BudgetAccount } from '#metering';
import { clearLedger, periodOf } from '../../../test/support/budget-world.js';
import { insertMade, madeRecord } from '../../../test/support/made-records.js';
import { budgetAccountCursor, listBudgetAccounts } from './budget-account-list.js';
import { BudgetAccounts } from './budget-accounts.js';
import { reconcileBudgets } from './budget-reconcile.js';
import { pruneAccounts } from './budget-sweep.js';
import { Database } from './database.js';
import { ensureUsagePartitions } from './usage-partitions.js';

const SCHEMA = new URL('../../../prisma', import.meta.url).pathname;
const SECONDS = 60_000;
const NOW = Date.now();
const TODAY = periodOf('day', NOW);

const folder = mkdtempSync(join(tmpdir(), 'pllm-budgets-'));
let database: Database;
let store: BudgetAccounts;

beforeAll(async () => {
  database = await Database.open({ url: undefined, dataDir: folder, schemaFolder: SCHEMA });
  await database.transaction((queries) => ensureUsagePartitions(queries, new Date(NOW), 1));
  store = new BudgetAccounts(database, 'one');
}, SECONDS);
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => clearLedger(database));

const account = (kind: BudgetAccount['kind'], subject: string, rest: object = TODAY): BudgetAccount =>
  ({ kind, subject, period: 'day', ...TODAY, ...rest }) as BudgetAccount;
const KEY = account('key', 'k');

const draw = async (need: number, extra = 0, of = KEY, from = store, limitNanos = 1_000, isStrict = true) => {
  const [grant] = await from.draw([
    { account: of, limitNanos, isStrict, needNanos: need, extraNanos: extra },
  ]);
  return [grant?.grantedNanos, grant?.roomNanos];
};
const rows = async () => {
  const { rows: all } = await database.read((queries) =>
    listBudgetAccounts(queries, {}, { limit: 100, cursor: undefined }),
  );
  return all.map(({ kind, subject, spentNanos, reservedNanos, withheldNanos }) =>
    [kind, subject, Number(spentNanos), Number(reservedNanos), Number(withheldNanos)].join(' '),
  );
};
const made = (id: string, costNanos: number | null, rest: object = {}, at = NOW) =>
  madeRecord(`req_${id}`, new Date(at), { keyId: 'k', costNanos, ...rest });
const expire = () => database.run(`UPDATE budget_lease SET expires_at = now() - interval '1 second'`, []);

describe('draw', () => {
  it('gives what is needed, and more while there is plenty', async () => {
    expect(await draw(100)).toEqual([100, 900]);
    expect(await draw(100, 500)).toEqual([150, 750]);
    expect(await draw(100, 5)).toEqual([105, 645]);
    expect(await draw(700)).toEqual([645, 0]);
    expect(await draw(1)).toEqual([0, 0]);
    expect(await rows()).toEqual(['key k 0 1000 0']);
  });

  it('gives nothing where more is gone than may be', async () => {
    await draw(0);
    await insertMade(database, [made('a', 1_200)]);
    expect(await draw(10)).toEqual([0, -200]);
  });

  it('answers in the order of the accounts that are asked, whether they are there or not', async () => {
    await draw(100);
    const draws = ['z', 'k', 'a'].map((subject, index) => ({
      account: account('key', subject),
      limitNanos: 1_000,
      isStrict: true,
      needNanos: index + 1,
      extraNanos: 0,
    }));
    expect((await store.draw(draws)).map(({ roomNanos }) => roomNanos)).toEqual([999, 898, 997]);
  });

  it('begins with what was spent: of keys and teams since their period began, of end-users just now', async () => {
    const long = NOW - 400 * 24 * 60 * 60 * 1000;
    const whose = { teamId: 't', endUser: 'u' };
    await insertMade(database, [
      made('old', 50, whose, long),
      made('new', 7, whose),
      made('free', null, whose),
    ]);
    const total = { period: 'total', startsAt: 0, endsAt: undefined };
    await draw(0, 0, account('key', 'k', total));
    await draw(0, 0, account('team', 't'));
    await draw(0, 0, account('end_user', 'key:k/u', total));
    await draw(0, 0, account('end_user', 'team:t/u', total));
    expect(await rows()).toEqual([
      'end_user key:k/u 7 0 0',
      'end_user team:t/u 7 0 0',
      'key k 57 0 0',
      'team t 7 0 0',
    ]);
  });
});

describe('accounts of many end-users', () => {
  it('are opened at once, each with what is its own', async () => {
    const whose = [
      { endUser: 'u', teamId: 't' },
      { endUser: 'v', teamId: 't', keyId: 'other' },
      { endUser: null, teamId: 'x' },
    ];
    await insertMade(
      database,
      whose.map((rest, index) => made(`m${index}`, 10 ** index, rest)),
    );
    await insertMade(database, [made('long', 5_000, { endUser: 'u', teamId: 't' }, NOW - 6 * 60_000)]);
    const names = [
      'key:k/u',
      'key:k/',
      'key:other/v',
      'key:k/v',
      'team:t/u',
      'team:t/v',
      'team:x/',
      'team:k/u',
    ];
    const day = names.map((name) => account('end_user', name));
    const total = account('end_user', 'key:k/u', { period: 'total', startsAt: 0, endsAt: undefined });
    await store.draw(
      [...day, total, KEY, account('team', 't')].map((each) => ({
        account: each,
        limitNanos: 1_000_000,
        isStrict: true,
        needNanos: 1,
        extraNanos: 0,
      })),
    );
    expect((await rows()).map((row) => row.split(' ').slice(0, 3).join(' '))).toEqual([
      'end_user key:k/ 100',
      'end_user key:k/u 1',
      'end_user key:k/u 1',
      'end_user key:k/v 0',
      'end_user key:other/v 10',
      'end_user team:k/u 0',
      'end_user team:t/u 1',
      'end_user team:t/v 10',
      'end_user team:x/ 100',
      'key k 5101',
      'team t 5011',
    ]);
  });
});

describe('a record', () => {
  it('is charged to every account it touches, once, and to the lease it was reserved from', async () => {
    for (const each of [KEY, account('team', 't'), account('end_user', 'key:k/'), account('key', 'other')])
      await draw(100, 0, each);
    await draw(100, 0, KEY, new BudgetAccounts(database, 'two'));
    const record = made('a', 30, { teamId: 't', leaseHolder: 'one' });
    const late = made('late', 5, { teamId: 't', leaseHolder: 'one' }, TODAY.startsAt - 1);
    await insertMade(database, [record, late, made('free', 0, { leaseHolder: 'one' })]);
    await insertMade(database, [record]);
    const expected = ['end_user key:k/ 30 70 0', 'key k 30 170 0', 'key other 0 100 0', 'team t 30 70 0'];
    expect(await rows()).toEqual(expected);
  });

  it('takes no more from a lease than it has', async () => {
    await draw(100);
    await insertMade(database, [made('a', 250, { leaseHolder: 'one' })]);
    expect(await rows()).toEqual(['key k 250 0 0']);
  });
});

describe('a lease', () => {
  it('is given back in parts, and whole where more is said than it has', async () => {
    await draw(100);
    await store.giveBack([{ account: KEY, nanos: 30 }]);
    expect(await rows()).toEqual(['key k 0 70 0']);
    await store.giveBack([{ account: KEY, nanos: Number.MAX_SAFE_INTEGER }]);
    expect(await rows()).toEqual(['key k 0 0 0']);
  });

  it('that is renewed is not swept', async () => {
    await draw(100);
    await expire();
    await store.renew();
    await store.sweep();
    expect(await rows()).toEqual(['key k 0 100 0']);
  });

  it('of a balanced budget goes back to the room when it ends', async () => {
    await draw(100, 0, KEY, store, 1_000, false);
    await expire();
    await store.sweep();
    expect(await rows()).toEqual(['key k 0 0 0']);
  });

  it('of a strict budget is withheld, until its records come, or its holder', async () => {
    await draw(100);
    await draw(200, 0, KEY, new BudgetAccounts(database, 'two'));
    await expire();
    await store.sweep();
    expect(await rows()).toEqual(['key k 0 0 300']);
    await insertMade(database, [made('a', 40, { leaseHolder: 'two' })]);
    expect(await rows()).toEqual(['key k 40 0 260']);
    expect(await draw(1)).toEqual([1, 699]);
    expect(await rows()).toEqual(['key k 40 0 261']);
    await store.renew();
    expect(await rows()).toEqual(['key k 40 101 160']);
    expect(await draw(701)).toEqual([699, 0]);
    await store.giveAllBack();
    expect(await rows()).toEqual(['key k 40 0 160']);
  });
});

describe('accounts', () => {
  it('of periods that are over are let go of, and what is withheld of them before', async () => {
    const day = (days: number) => periodOf('day', NOW - days * 24 * 60 * 60 * 1000);
    for (const days of [402, 10, 0]) await draw(100, 0, account('key', `k${days}`, day(days)));
    await draw(100, 0, account('key', 'leased', day(402)));
    await store.giveBack([{ account: account('key', 'k402', day(402)), nanos: 100 }]);
    await database.run(`DELETE FROM budget_lease WHERE nanos = 0`, []);
    expect(await pruneAccounts(database)).toBe(1);
    expect(await rows()).toEqual(['key k0 0 100 0', 'key k10 0 100 0', 'key leased 0 100 0']);
    await expire();
    await store.sweep();
    expect(await pruneAccounts(database)).toBe(1);
    expect(await rows()).toEqual(['key k0 0 0 100', 'key k10 0 0 0']);
  });

  it('are listed by kind, subject and time, page by page', async () => {
    for (const subject of ['a', 'b/"ü', 'c']) await draw(0, 0, account('key', subject));
    await draw(0, 0, account('team', 'a'));
    await draw(0, 0, account('key', 'a', periodOf('day', 0)));
    const list = async (filter: object, limit = 10, cursor?: string) => {
      const page = { limit, cursor };
      return database.read((queries) => listBudgetAccounts(queries, filter, page));
    };
    const names = async (filter: object) =>
      (await list(filter)).rows.map((row) => `${row.kind} ${row.subject}`);
    expect(await names({ kind: 'team' })).toEqual(['team a']);
    expect(await names({ subject: 'a', at: new Date(NOW) })).toEqual(['key a', 'team a']);
    expect(await names({ subject: 'a' })).toEqual(['key a', 'key a', 'team a']);
    const seen: string[] = [];
    for (let cursor: string | undefined, more = true; more;) {
      const { rows: page, hasMore } = await list({}, 2, cursor);
      seen.push(...page.map((row) => row.subject));
      cursor = page.at(-1) && budgetAccountCursor(page.at(-1) as BudgetAccount);
      more = hasMore;
    }
    expect(seen).toEqual(['a', 'a', 'b/"ü', 'c', 'a']);
    await expect(list({}, 2, 'bm9uZQ')).rejects.toMatchObject({ code: 'invalid_value', param: 'cursor' });
  });
});

describe('reconcileBudgets', () => {
  const LOOK = { repair: false, releaseWithheld: false };
  const told = async (options: object = LOOK) => {
    const found = await reconcileBudgets(database, { ...LOOK, ...options });
    return [
      ...found.rollups.map(({ rollup, column, was, is }) => `${rollup} ${column} ${was} ${is}`),
      ...found.differences.map(
        ({ account: { subject }, column, was, is }) => `${subject} ${column} ${was} ${is}`,
      ),
    ];
  };

  beforeEach(async () => {
    const draws = [
      KEY,
      account('team', 't'),
      account('end_user', 'key:k/u'),
      account('end_user', 'team:t/u'),
    ];
    for (const each of draws) await draw(100, 0, each);
    const whose = { teamId: 't', endUser: 'u', leaseHolder: 'one', audioSeconds: 0.1 };
    await insertMade(database, [made('a', 10, whose), made('b', 20, whose), made('c', 30, { keyId: null })]);
  });

  it('finds nothing where nothing is wrong', async () => {
    expect(await told()).toEqual([]);
    expect(await reconcileBudgets(database, LOOK)).toMatchObject({
      accounts: 4,
      unchecked: 0,
      isWhole: true,
    });
  });

  it.each<[string, string, string[]]>([
    ['spent of a key', `UPDATE budget_account SET spent_nanos = 5 WHERE kind = 'key'`, ['k spent 5 30']],
    [
      'spent of end-users',
      `UPDATE budget_account SET spent_nanos = 31 WHERE kind = 'end_user'`,
      ['key:k/u spent 31 30', 'team:t/u spent 31 30'],
    ],
    ['reserved', `UPDATE budget_account SET reserved_nanos = -1 WHERE kind = 'team'`, ['t reserved -1 70']],
    ['withheld', `UPDATE budget_account SET withheld_nanos = 9 WHERE kind = 'team'`, ['t withheld 9 0']],
    ['a lease', `UPDATE budget_lease SET nanos = -3 WHERE kind = 'team'`, ['t reserved 70 0']],
    [
      'an hour',
      `UPDATE usage_hour SET requests = 7, cost_nanos = 8 WHERE key_id = 'k'`,
      ['hour requests 7 2', 'hour cost_nanos 8 30', 'day requests 2 7', 'day cost_nanos 30 8'],
    ],
    ['a day', `UPDATE usage_day SET prompt_tokens = 3 WHERE key_id = ''`, ['day prompt_tokens 3 1']],
    [
      'an hour that is not there',
      `DELETE FROM usage_hour WHERE key_id = ''`,
      expect.arrayContaining(['hour requests 0 1', 'day requests 1 0']) as unknown as string[],
    ],
  ])('tells of %s that is wrong, and puts it right', async (_, sql, expected) => {
    await database.run(sql, []);
    expect(await told()).toEqual(expected);
    await told({ repair: true });
    expect(await told()).toEqual([]);
    expect(await reconcileBudgets(database, LOOK)).toMatchObject({ accounts: 4 });
  });

  it('lets go of what is withheld where that is asked, and tells how much', async () => {
    await expire();
    await store.sweep();
    expect(await told({ repair: true })).toEqual([]);
    expect((await reconcileBudgets(database, LOOK)).withheldNanos).toBe(280n);
    const released = [
      'key:k/u withheld 70 0',
      'team:t/u withheld 70 0',
      'k withheld 70 0',
      't withheld 70 0',
    ];
    expect((await told({ repair: true, releaseWithheld: true })).sort()).toEqual(released.sort());
    expect((await reconcileBudgets(database, LOOK)).withheldNanos).toBe(0n);
  });
});
