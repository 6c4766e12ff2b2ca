import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { BudgetAccounts, Database, ensureUsagePartitions, reconcileBudgets } from '#persistence';
import { BudgetWorld, clearLedger, PAYER_COUNT, periodOf } from '../support/budget-world.js';
import { makeDatabase } from '../support/databases.js';
import type { TestDatabase } from '../support/databases.js';
import { insertMade, madeRecord } from '../support/made-records.js';
import { seededDice } from '../support/seeded-dice.js';

const HOLDERS = 4;
const schemaFolder = new URL('../../prisma', import.meta.url).pathname;

/** Only a server does more than one thing at a time. */
describe.runIf(inject('postgresUrl'))('accounts that several gateways draw from at once', () => {
  let place: TestDatabase;
  let databases: Database[];

  beforeAll(async () => {
    place = await makeDatabase({
      postgresUrl: inject('postgresUrl'),
      postgresTemplate: inject('postgresTemplate'),
      embeddedTemplate: inject('embeddedTemplate'),
    });
    const open = () => Database.open({ url: place.url, dataDir: place.dataDir, schemaFolder });
    databases = [await open(), await open()];
  });
  afterAll(async () => {
    await Promise.all(databases.map((database) => database.close()));
    place.remove();
  });

  it('are opened once, and never drawn beyond their limit', async () => {
    const [database] = databases as [Database];
    for (let round = 0; round < 6; round++) {
      await clearLedger(database);
      const account = { kind: 'key', subject: 'k', period: 'day', ...periodOf('day', Date.now()) } as const;
      const team = { ...account, kind: 'team' } as const;
      const draw = { limitNanos: 1_000_000_000, isStrict: true, needNanos: 20_000_000, extraNanos: 0 };
      const grants = await Promise.all(
        Array.from({ length: 100 }, (_, call) => {
          const store = new BudgetAccounts(databases[call % 2] as Database, `${round}-${call % HOLDERS}`);
          const draws = [
            { account, ...draw },
            { account: team, ...draw },
          ];
          // Whatever order they are asked for in.
          return store.draw(call % 3 ? draws : draws.toReversed());
        }),
      );
      const granted = grants.flat().reduce((sum, { grantedNanos }) => sum + grantedNanos, 0);
      expect(granted).toBe(2 * draw.limitNanos);
      const leases = await database.query(
        `SELECT kind, reserved_nanos::float8 AS reserved, (SELECT sum(nanos) FROM budget_lease
          WHERE budget_lease.kind = budget_account.kind)::float8 AS leased FROM budget_account ORDER BY kind`,
        [],
      );
      expect(leases).toEqual(
        ['key', 'team'].map((kind) => ({ kind, reserved: draw.limitNanos, leased: draw.limitNanos })),
      );
    }
  });

  it('count every record once, those that are written while they are opened too', async () => {
    const [database, other] = databases as [Database, Database];
    await clearLedger(database);
    const at = new Date();
    const insert = (from: number) =>
      insertMade(
        from % 2 ? database : other,
        Array.from({ length: 50 }, (_, index) =>
          madeRecord(`req_${from}_${index}`, at, { keyId: `k${index % 10}`, endUser: 'u', costNanos: 1 }),
        ),
      );
    const open = (index: number) =>
      new BudgetAccounts(other, 'h').draw(
        (['key', 'end_user'] as const).map((kind) => ({
          account: {
            kind,
            subject: kind === 'key' ? `k${index}` : `key:k${index}/u`,
            period: 'day',
            ...periodOf('day', at.getTime()),
          },
          limitNanos: 1_000,
          isStrict: true,
          needNanos: 0,
          extraNanos: 0,
        })),
      );
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        index % 4 === 0 ? [insert(index), open(index / 4)] : [insert(index)],
      ).flat(),
    );
    const rows = await database.query(
      `SELECT DISTINCT spent_nanos::int AS spent, count(*)::int FROM budget_account GROUP BY 1`,
      [],
    );
    expect(rows).toEqual([{ spent: 40 * 5, count: 20 }]);
  });

  it('are put right while records come in and others draw, and so are the days', async () => {
    const [database, other] = databases as [Database, Database];
    await clearLedger(database);
    await database.transaction((queries) => ensureUsagePartitions(queries, new Date(), 1));
    const at = new Date();
    const store = new BudgetAccounts(other, 'h');
    const account = { kind: 'key', subject: 'k', period: 'day', ...periodOf('day', at.getTime()) } as const;
    const draw = { account, limitNanos: 10_000, isStrict: true, needNanos: 10, extraNanos: 0 };
    await store.draw([{ ...draw, needNanos: 1_000 }]);
    await database.run('UPDATE budget_account SET spent_nanos = 5, reserved_nanos = 77', []);
    await insertMade(other, [madeRecord('req_first', at, { keyId: 'k' })]);
    await database.run('UPDATE usage_hour SET requests = 9', []);
    const repair = { repair: true, releaseWithheld: true };
    const repairs = Promise.all(databases.map((each) => reconcileBudgets(each, repair)));
    await Promise.all([
      ...Array.from({ length: 50 }, (_, index) =>
        insertMade(other, [madeRecord(`req_during_${index}`, at, { keyId: 'k', leaseHolder: 'h' })]),
      ),
      ...Array.from({ length: 50 }, () => store.draw([draw])),
    ]);
    expect((await repairs).flatMap(({ rollups }) => rollups)).not.toEqual([]);
    const found = await reconcileBudgets(database, { repair: false, releaseWithheld: false });
    expect(found).toMatchObject({ accounts: 1, differences: [], rollups: [] });
    const rows = await database.query(
      'SELECT spent_nanos::int AS spent, reserved_nanos::int AS reserved FROM budget_account',
      [],
    );
    expect(rows).toEqual([{ spent: 51 * 7, reserved: 1_000 + 50 * 10 - 50 * 7 }]);
  });

  it('hold whatever they do at the same time', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const [database] = databases as [Database];
      await clearLedger(database);
      const world = new BudgetWorld(database, HOLDERS);
      const dice = seededDice(seed);
      const upTo = (most: number): number => Math.floor(dice() * most);
      for (let round = 0; round < 15; round++) {
        await Promise.all(
          Array.from({ length: HOLDERS }, async (_, who) => {
            for (let step = 0; step < 6; step++) await act(world, who, upTo);
          }),
        );
        if (round % 4 === 3) world.crash(upTo(HOLDERS), upTo(2) === 0);
        if (round === 8) world.nextDay();
        await world.check();
      }
      await world.end();
    }
  });
});

async function act(world: BudgetWorld, who: number, upTo: (most: number) => number): Promise<unknown> {
  switch (upTo(10)) {
    case 0:
      return world.giveBack(who);
    case 1:
      return world.sweep(who);
    case 2:
      return world.renew(who);
    case 3:
      return Promise.all([world.writeLate(), world.writeAgain()]);
    case 4:
    case 5:
      return world.write(who);
    case 6:
    case 7:
      return world.settle(who, upTo(5), upTo(100) / 100);
    default: {
      const payer = upTo(PAYER_COUNT);
      return Promise.all([1, 2].map(() => world.call(who, payer, 1 + upTo(400), upTo(300))));
    }
  }
}
