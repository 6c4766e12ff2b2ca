import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { BudgetSubject, GatewayError } from '#contract';
import { FakeAccounts } from '../../../test/support/fake-budget-store.js';
import { BudgetBook } from './budget-book.js';
import type { Reservation } from './budget-reservation.js';
import { periodAt } from './budget-period.js';

const AT = Date.parse('2026-11-26T12:00:00Z');

let accounts: FakeAccounts;
let book: BudgetBook;
let isRecorded: boolean;
const report = { failed: vi.fn(), recovered: vi.fn() };

const open = (holder = 'a'): BudgetBook =>
  new BudgetBook({
    store: accounts.open(holder),
    isRecorded: () => isRecorded,
    later: () => () => {},
    report,
  });

beforeEach(() => {
  accounts = new FakeAccounts();
  isRecorded = true;
  book = open();
});

function budget(limitNanos: number, rest: Partial<BudgetSubject> = {}): BudgetSubject {
  return { kind: 'key', id: 'key_1', limitNanos, period: 'day', mode: 'strict', ...rest };
}
const team = (limitNanos: number, rest = {}) => budget(limitNanos, { kind: 'team', id: 'team_1', ...rest });
const accountOf = ({ kind, id: subject, period }: BudgetSubject, at = AT) => ({
  kind,
  subject,
  period,
  ...periodAt(period, at),
});
const ask = (nanos: number, ...subjects: BudgetSubject[]) =>
  book.reserve(
    subjects.map((subject) => ({ subject, nanos })),
    AT,
  );
/** Waits for a call, whichever way it is decided. */
const told = async (nanos: number, ...subjects: BudgetSubject[]): Promise<string> => {
  try {
    await ask(nanos, ...subjects);
    return 'reserved';
  } catch (error) {
    return (error as GatewayError).code;
  }
};
const names = () => accounts.calls.map(({ name }) => name);
const later = () => new Promise((resolve) => setImmediate(resolve));
async function tick(times: number, now = AT): Promise<void> {
  for (let count = 0; count < times; count++) {
    book.tick(now);
    await later();
  }
}

describe('a call with a budget', () => {
  it('is reserved from the account, and the next ones from the lease, at once', async () => {
    const subject = budget(1_000);
    await ask(10, subject);
    expect(ask(10, subject)).not.toBeInstanceOf(Promise);
    expect(names().slice(0, 1)).toEqual(['draw']);
    expect(accounts.draws[0]).toEqual({
      account: accountOf(subject),
      limitNanos: 1_000,
      isStrict: true,
      needNanos: 10,
      extraNanos: 10,
    });
  });

  it('that may cost more than all of a strict budget is refused unasked', () => {
    expect(() => ask(11, budget(10))).toThrow(
      "The budget of the key 'key_1', 0.00000001 US dollars a day, has no room for a call of up to 0.000000011.",
    );
    expect(accounts.calls).toEqual([]);
  });

  it('that costs nothing asks nobody, and is admitted when all is spent', async () => {
    await ask(10, budget(10));
    expect(ask(0, budget(10))).not.toBeInstanceOf(Promise);
    expect(names()).toEqual(['draw']);
  });

  it('is refused where there is no room, with words for whoever reads them', async () => {
    await ask(8, budget(10));
    const error = await (ask(3, budget(10)) as Promise<Reservation>).catch((thrown: GatewayError) => thrown);
    expect(error).toMatchObject({
      code: 'insufficient_quota',
      status: 429,
      retryAfter: undefined,
      message: expect.stringMatching(/It begins anew at 2026-11-27T00:00:00\.000Z\.$/),
    });
    expect((error as GatewayError).toHeaders()).toEqual({ 'x-should-retry': 'false' });
  });

  it.each<[Partial<BudgetSubject>, string]>([
    [{ period: 'total' }, "The budget of the key 'key_1', 0.00000001 US dollars in total, has no room for"],
    [{ kind: 'team', id: 't' }, "The budget of the team 't', 0.00000001 US dollars a day,"],
    [{ kind: 'end_user', id: 'key:k/a/b' }, "The budget of the user 'a/b' of the key 'k', "],
    [{ kind: 'end_user', id: 'team:t/' }, "The budget of calls that name no user of the team 't', "],
    [
      { period: 'week' },
      'a week, has no room for a call of up to 0.000000011. It begins anew at 2026-11-30T',
    ],
    [
      { period: 'month' },
      'a month, has no room for a call of up to 0.000000011. It begins anew at 2026-12-01T',
    ],
  ])('is told whose budget it is: %j', (rest, message) => {
    expect(() => ask(11, budget(10, rest))).toThrow(message);
  });

  it('is reserved in all its budgets, or in none', async () => {
    expect(await told(6, budget(100), team(10))).toBe('reserved');
    expect(await told(6, budget(100), team(10))).toBe('insufficient_quota');
    expect(await told(6, team(10))).toBe('insufficient_quota');
    // What was kept for the refused one is there for others.
    expect(await told(94, budget(100))).toBe('reserved');
  });

  it('belongs to the period in which it came in', async () => {
    const subject = budget(10);
    await book.reserve([{ subject, nanos: 10 }], Date.parse('2026-11-26T23:59:59.999Z'));
    expect(await told(1, subject)).toBe('insufficient_quota');
    await book.reserve([{ subject, nanos: 10 }], Date.parse('2026-11-27T00:00:00Z'));
    expect(accounts.draws.map(({ account }) => account.startsAt)).toEqual(
      ['2026-11-26', '2026-11-26', '2026-11-27'].map(Date.parse),
    );
  });

  it('goes by the budget as it is now', async () => {
    expect(await told(10, budget(10))).toBe('reserved');
    expect(await told(10, budget(10))).toBe('insufficient_quota');
    expect(await told(10, budget(20))).toBe('reserved');
  });
});

describe('settling', () => {
  it('gives the rest back to the lease, once', async () => {
    const reservation = await ask(10, budget(10));
    reservation.settle(4);
    reservation.settle(4);
    expect(await told(7, budget(10))).toBe('insufficient_quota');
    expect(ask(6, budget(10))).not.toBeInstanceOf(Promise);
  });

  it('of what nobody knows gives all back', async () => {
    (await ask(10, budget(10))).settle(null);
    expect(ask(10, budget(10))).not.toBeInstanceOf(Promise);
  });

  it('of a call that cost more takes it from the lease, and never from others’ calls', async () => {
    const subject = budget(100);
    const [one, other] = [await ask(10, subject), await ask(10, subject)];
    one.settle(1_000);
    accounts.record(accountOf(subject), 'a', 1_000);
    other.settle(0);
    await tick(5);
    await book.close();
    expect(accounts.reservedOf(accountOf(subject))).toBe(0);
  });

  it('of a call that cost more leaves nothing in memory that the account does not have', async () => {
    const subject = budget(1_000);
    const one = await ask(10, subject);
    // The record of it comes behind the next draw, and takes that too.
    one.settle(300);
    const other = await ask(100, subject);
    accounts.record(accountOf(subject), 'a', 300);
    other.settle(0);
    book.tick(AT);
    const reserved = accounts.reservedOf(accountOf(subject));
    for (let free = 1; free <= 100; free++)
      if (!(ask(1, subject) instanceof Promise)) expect(free).toBeLessThanOrEqual(reserved);
    await tick(1);
  });
});

describe('what is not needed', () => {
  it('is given back whole after five seconds of quiet, and the account is forgotten', async () => {
    const subject = budget(1_000);
    const reservation = await ask(100, subject);
    await tick(6);
    expect(accounts.reservedOf(accountOf(subject))).toBe(100);
    reservation.settle(30);
    accounts.record(accountOf(subject), 'a', 30);
    await tick(1);
    expect(accounts.reservedOf(accountOf(subject))).toBe(0);
    await tick(1);
    expect(book.size).toBe(0);
  });

  it('of a busy account is given back by and by', async () => {
    const subject = budget(1_000_000);
    (await ask(100_000, subject)).settle(1);
    accounts.record(accountOf(subject), 'a', 1);
    for (let count = 0; count < 30; count++) {
      (await ask(10, subject)).settle(10);
      accounts.record(accountOf(subject), 'a', 10);
      await tick(1);
    }
    expect(accounts.reservedOf(accountOf(subject))).toBeLessThan(10_000);
  });

  it('of a period that is over is given back at once', async () => {
    (await ask(100, budget(1_000))).settle(0);
    await tick(1, Date.parse('2026-11-27T00:00:00Z'));
    expect(accounts.reservedOf(accountOf(budget(1_000)))).toBe(0);
  });

  it('is given back at the end', async () => {
    (await ask(100, budget(1_000), team(1_000))).settle(0);
    await book.close();
    for (const subject of [budget(1_000), team(1_000)])
      expect(accounts.reservedOf(accountOf(subject))).toBe(0);
  });

  it('is asked for by nobody: leases are renewed every ten seconds, and dead ones swept every twenty', async () => {
    await ask(10, budget(1_000));
    await tick(40);
    expect(names().filter((name) => name === 'renew')).toHaveLength(4);
    expect(names().filter((name) => name === 'sweep')).toHaveLength(2);
  });
});

describe('a balanced budget', () => {
  it('is spent to the end: the last call has what is left, and may cost more', async () => {
    const subject = budget(25, { mode: 'balanced' });
    expect([await told(10, subject), await told(10, subject), await told(10, subject)]).toEqual([
      'reserved',
      'reserved',
      'reserved',
    ]);
    await expect(ask(10, subject)).rejects.toThrow(
      "The budget of the key 'key_1', 0.000000025 US dollars a day, is spent.",
    );
  });

  it('is overspent by no more than what calls in flight cost beyond what was reserved', async () => {
    const subject = budget(1_000, { mode: 'balanced' });
    const [expected, actual] = [10, 35];
    let inFlight: Reservation[] = [];
    const finish = (): void => {
      for (const reservation of inFlight) {
        reservation.settle(actual);
        accounts.record(accountOf(subject), 'a', actual);
      }
      inFlight = [];
    };
    for (let count = 0; count < 500; count++) {
      try {
        inFlight.push(await ask(expected, subject));
      } catch {
        // There is no room.
      }
      if (inFlight.length === 8) finish();
    }
    finish();
    const spent = accounts.spentOf(accountOf(subject));
    expect(spent).toBeGreaterThanOrEqual(1_000);
    // The last of them had less than its expected cost.
    expect(spent).toBeLessThanOrEqual(1_000 + 8 * (actual - expected) + expected);
  });
});
