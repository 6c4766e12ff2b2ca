import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { BudgetSubject, GatewayError } from '#contract';
import { FakeAccounts } from '../../../test/support/fake-budget-store.js';
import { BudgetBook } from './budget-book.js';
import { periodAt } from './budget-period.js';

const AT = Date.parse('2026-11-26T12:00:00Z');

let accounts: FakeAccounts;
let book: BudgetBook;
let isRecorded: boolean;
let losePatience: (() => void) | undefined;
/** What is to come later, beside the end of patience. */
let due: (() => void)[] = [];
const report = { failed: vi.fn(), recovered: vi.fn() };

const open = (holder = 'a'): BudgetBook =>
  new BudgetBook({
    store: accounts.open(holder),
    isRecorded: () => isRecorded,
    later: (ms, then) => {
      if (ms > 50) {
        due.push(then);
        return () => {};
      }
      losePatience = then;
      return () => (losePatience = undefined);
    },
    report,
  });

beforeEach(() => {
  accounts = new FakeAccounts();
  isRecorded = true;
  losePatience = undefined;
  due = [];
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

describe('draws', () => {
  it('are one at a time: whoever comes meanwhile is in the next one', async () => {
    let free = (): void => {};
    accounts.gate = new Promise((resolve) => (free = resolve));
    const all = Promise.all([1, 2, 3, 4].map((nanos) => told(nanos, budget(100), team(100))));
    await later();
    expect(names()).toEqual(['draw']);
    free();
    expect(await all).toEqual(['reserved', 'reserved', 'reserved', 'reserved']);
    expect(accounts.calls.filter(({ name }) => name === 'draw')).toHaveLength(2);
    expect(accounts.draws.slice(2).map(({ needNanos }) => needNanos)).toEqual([8, 8]);
  });

  it('are handed out in the order in which calls came', async () => {
    let free = (): void => {};
    accounts.gate = new Promise((resolve) => (free = resolve));
    const first = told(1, budget(10));
    const all = Promise.all([5, 5, 4].map((nanos) => told(nanos, budget(10))));
    free();
    expect([await first, ...(await all)]).toEqual(['reserved', 'reserved', 'insufficient_quota', 'reserved']);
  });

  it('are not made again for what was refused a moment ago, unless something came back', async () => {
    const full = await ask(10, budget(10));
    const other = budget(1_000, { id: 'other' });
    expect(await told(5, budget(10))).toBe('insufficient_quota');
    const before = accounts.calls.length;
    for (let count = 0; count < 100; count++)
      expect(await told(5, budget(10), other)).toBe('insufficient_quota');
    expect(accounts.calls).toHaveLength(before);
    expect(await told(4, budget(10))).toBe('insufficient_quota');
    expect(accounts.calls).toHaveLength(before + 1);
    full.settle(2);
    expect(ask(5, budget(10))).not.toBeInstanceOf(Promise);
    expect(await told(5, budget(10))).toBe('insufficient_quota');
    expect(accounts.calls).toHaveLength(before + 2);
    for (const then of due) then();
    expect(await told(5, budget(10))).toBe('insufficient_quota');
    expect(accounts.calls).toHaveLength(before + 3);
  });

  it('are not made again for a balanced budget that is spent', async () => {
    const subject = budget(10, { mode: 'balanced' });
    await ask(10, subject);
    expect(await told(5, subject)).toBe('insufficient_quota');
    const before = accounts.calls.length;
    expect(await told(1, subject)).toBe('insufficient_quota');
    expect(accounts.calls).toHaveLength(before);
  });

  it('are of a thousand accounts at most, whoever waits', async () => {
    let free = (): void => {};
    accounts.gate = new Promise((resolve) => (free = resolve));
    const all = Array.from({ length: 1_500 }, (_, index) =>
      told(1, budget(100, { kind: 'end_user', id: `key:k/${index}` })),
    );
    free();
    expect(new Set(await Promise.all(all))).toEqual(new Set(['reserved']));
    expect(Math.max(...accounts.calls.map(({ parts }) => parts))).toBeLessThanOrEqual(1_000);
    await tick(6);
    expect(Math.max(...accounts.calls.map(({ parts }) => parts))).toBeLessThanOrEqual(1_000);
  });

  it('come before a busy account has spent its lease, and no call waits for them', async () => {
    const subject = budget(1_000_000);
    await ask(10, subject);
    for (let count = 0; count < 200; count++) {
      const reserved = ask(10, subject);
      if (count > 20) expect(reserved).not.toBeInstanceOf(Promise);
      (await reserved).settle(10);
      if (count % 10 === 9) await tick(1);
    }
    expect(accounts.calls.filter(({ name }) => name === 'draw').length).toBeLessThan(40);
  });
});

describe('a database that is away', () => {
  const balanced = (limitNanos: number) => budget(limitNanos, { mode: 'balanced' });

  it('leaves a strict budget what is leased, and then a 503', async () => {
    await ask(10, budget(1_000));
    accounts.isAway = true;
    expect(await told(10, budget(1_000))).toBe('reserved');
    await expect(ask(10, budget(1_000))).rejects.toMatchObject({
      code: 'service_unavailable',
      retryAfter: 1,
    });
    expect(report.failed).toHaveBeenCalled();
  });

  it('leaves a balanced one what was last known to be left', async () => {
    await ask(10, balanced(40));
    accounts.isAway = true;
    const answers = [];
    for (let count = 0; count < 5; count++) answers.push(await told(10, balanced(40)));
    expect(answers).toEqual(['reserved', 'reserved', 'reserved', 'insufficient_quota', 'insufficient_quota']);
  });

  it('admits whom nobody has ever asked about', async () => {
    accounts.isAway = true;
    expect(await told(10, balanced(40))).toBe('reserved');
    expect(ask(10, balanced(40))).toBeInstanceOf(Promise);
    expect(names()).toEqual(['draw']);
  });

  it('is waited for by strict calls alone when it freezes', async () => {
    let free = (): void => {};
    accounts.gate = new Promise((resolve) => (free = resolve));
    const strict = told(10, budget(1_000));
    const patient = told(10, budget(1_000, { id: 'other', mode: 'balanced' }));
    await later();
    losePatience?.();
    expect(await patient).toBe('reserved');
    expect(await told(10, budget(1_000, { id: 'other', mode: 'balanced' }))).toBe('reserved');
    free();
    expect(await strict).toBe('reserved');
  });

  it('is asked every second whether it is back', async () => {
    accounts.isAway = true;
    await told(10, balanced(40));
    await tick(3);
    expect(names()).toEqual(['draw', 'renew', 'renew', 'renew']);
    accounts.isAway = false;
    await tick(1);
    report.recovered.mockClear();
    await ask(40, balanced(40));
    expect(report.recovered).toHaveBeenCalled();
  });

  it('may have granted what nobody heard of: it is given back when all records are in', async () => {
    accounts.losesAnswers = true;
    expect(await told(10, budget(1_000))).toBe('service_unavailable');
    expect(accounts.reservedOf(accountOf(budget(1_000)))).toBe(20);
    accounts.losesAnswers = false;
    isRecorded = false;
    await tick(10);
    expect(accounts.reservedOf(accountOf(budget(1_000)))).toBe(20);
    isRecorded = true;
    await tick(2);
    expect(accounts.reservedOf(accountOf(budget(1_000)))).toBe(0);
    expect(book.size).toBe(0);
  });

  it('that fails to take what is given back has it given back again, though the account was empty by then', async () => {
    const reservation = await ask(10, budget(1_000));
    await tick(4);
    let free = (): void => {};
    accounts.gate = new Promise((resolve) => (free = resolve));
    book.tick(AT);
    reservation.settle(10);
    accounts.record(accountOf(budget(1_000)), 'a', 10);
    book.tick(AT);
    accounts.isAway = true;
    free();
    await later();
    accounts.isAway = false;
    await tick(3);
    expect(accounts.reservedOf(accountOf(budget(1_000)))).toBe(0);
    expect(book.size).toBe(0);
  });

  it('has all of a lease given back before it is drawn from anew, not behind it', async () => {
    accounts.losesAnswers = true;
    await told(10, budget(1_000));
    accounts.losesAnswers = false;
    await tick(4);
    let free = (): void => {};
    accounts.gate = new Promise((resolve) => (free = resolve));
    book.tick(AT);
    const before = names();
    expect(before.at(-1)).toBe('giveBack');
    const call = ask(10, budget(1_000));
    await later();
    expect(names()).toEqual(before);
    free();
    await call;
    expect(names().slice(before.length)).toEqual(['draw']);
  });
});
