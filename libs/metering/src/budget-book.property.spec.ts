import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BudgetMode, BudgetSubject } from '#contract';
import { FakeAccounts } from '../../../test/support/fake-budget-store.js';
import { BudgetBook } from './budget-book.js';
import { periodAt } from './budget-period.js';
import type { Reservation } from './budget-reservation.js';

const AT = Date.parse('2026-11-26T12:00:00Z');
const LIMITS = { key: 400, team: 600, end_user: 150 };
const KINDS = ['key', 'team', 'end_user'] as const;

const account = (kind: BudgetSubject['kind']) => ({
  kind,
  subject: 'x',
  period: 'day' as const,
  ...periodAt('day', AT),
});
const subject = (kind: BudgetSubject['kind'], mode: BudgetMode): BudgetSubject => ({
  kind,
  id: 'x',
  limitNanos: LIMITS[kind],
  period: 'day',
  mode,
});

/** What happens in one of two gateways. */
const step = fc.record({
  who: fc.nat({ max: 1 }),
  what: fc.constantFrom(
    'call',
    'call',
    'call',
    'call',
    'end',
    'end',
    'write',
    'write',
    'tick',
    'quiet',
    'turn',
  ),
  whose: fc.constantFrom<(typeof KINDS)[number][]>(
    ['key'],
    ['team'],
    ['key', 'team'],
    ['team', 'end_user'],
    [...KINDS],
  ),
  nanos: fc.nat({ max: 60 }),
  /** Of what was reserved. */
  part: fc.double({ min: 0, max: 1, noNaN: true }),
  waits: fc.boolean(),
});

interface Open {
  readonly reservation: Reservation;
  readonly whose: readonly (typeof KINDS)[number][];
  readonly nanos: number;
}

class Gateway {
  readonly open: Open[] = [];
  /** Calls that are over, and not in the database. */
  readonly spool: { readonly whose: Open['whose']; readonly cost: number }[] = [];
  readonly waiting = new Set<Promise<unknown>>();
  readonly book: BudgetBook;

  constructor(
    private readonly accounts: FakeAccounts,
    readonly holder: string,
  ) {
    this.book = new BudgetBook({
      store: accounts.open(holder),
      isRecorded: () => this.spool.length === 0,
      // Nobody loses patience, and others are given their time.
      later: (ms, then) => {
        if (ms > 100) setImmediate(then);
        return () => {};
      },
      report: { failed: () => {}, recovered: () => {} },
    });
  }

  call(whose: Open['whose'], nanos: number): Promise<unknown> {
    const asked = whose.map((kind) => ({ subject: subject(kind, 'strict'), nanos }));
    const call = (async () => {
      const reservation = await this.book.reserve(asked, AT);
      this.open.push({ reservation, whose, nanos });
    })().catch((error: { code: string }) =>
      expect(['insufficient_quota', 'service_unavailable']).toContain(error.code),
    );
    this.waiting.add(call);
    return call.finally(() => this.waiting.delete(call));
  }

  end(part: number): void {
    const [ended] = this.open.splice(Math.floor(part * (this.open.length - 1)), 1);
    if (!ended) return;
    const cost = Math.floor(ended.nanos * part);
    ended.reservation.settle(cost);
    this.spool.push({ whose: ended.whose, cost });
  }

  write(): void {
    for (const { whose, cost } of this.spool.splice(0))
      for (const kind of whose) this.accounts.record(account(kind), this.holder, cost);
  }
}

const later = () => new Promise((resolve) => setImmediate(resolve));

async function play(gateways: readonly Gateway[], accounts: FakeAccounts, steps: readonly Step[]) {
  for (const { who, what, whose, nanos, part, waits } of steps) {
    const gateway = gateways[who] as Gateway;
    if (what === 'call') {
      const call = gateway.call(whose, nanos);
      if (waits) await call;
    } else if (what === 'end') gateway.end(part);
    else if (what === 'write') gateway.write();
    else if (what === 'tick') gateway.book.tick(AT);
    else if (what === 'quiet') for (let count = 0; count < 6; count++) gateway.book.tick(AT);
    else {
      accounts.isAway = part < 0.3;
      accounts.losesAnswers = part > 0.7;
    }
    if (waits) await later();
    for (const kind of KINDS) {
      const due = gateways.flatMap(({ open, spool }) => [
        ...open.filter((each) => each.whose.includes(kind)).map((each) => each.nanos),
        ...spool.filter((each) => each.whose.includes(kind)).map(({ cost }) => cost),
      ]);
      const owed = due.reduce((sum, each) => sum + each, 0);
      // All that is promised is reserved, and no more than there is.
      expect(owed).toBeLessThanOrEqual(accounts.reservedOf(account(kind)));
      const all = accounts.spentOf(account(kind)) + accounts.reservedOf(account(kind));
      expect(all).toBeLessThanOrEqual(LIMITS[kind]);
    }
  }
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

describe('strict budgets of two gateways', () => {
  it('are never overspent, whatever is lost, and in the end nothing is reserved', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const accounts = new FakeAccounts();
        const gateways = [new Gateway(accounts, 'a'), new Gateway(accounts, 'b')];
        for (const { book } of gateways)
          book.listen((name) =>
            gateways.forEach((other) => other.book !== book && other.book.giveToOthers(name)),
          );
        await play(gateways, accounts, steps);
        accounts.isAway = false;
        accounts.losesAnswers = false;
        for (const { waiting } of gateways) while (waiting.size > 0) await Promise.all(waiting);
        for (const gateway of gateways) while (gateway.open.length > 0) gateway.end(1);
        for (const gateway of gateways) gateway.write();
        // A tick finds that the store is back, and the next ones give back.
        for (let count = 0; count < 8; count++) {
          for (const { book } of gateways) book.tick(AT);
          await later();
        }
        for (const kind of KINDS) {
          expect(accounts.reservedOf(account(kind))).toBe(0);
          expect(accounts.spentOf(account(kind))).toBeLessThanOrEqual(LIMITS[kind]);
        }
        expect(gateways.map(({ book }) => book.size)).toEqual([0, 0]);
      }),
      { numRuns: 500 },
    );
  });
});
