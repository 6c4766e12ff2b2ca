import { beforeEach, describe, expect, it } from 'vitest';
import type { BudgetMode, BudgetSubject, GatewayError } from '#contract';
import { FakeAccounts } from '../../../test/support/fake-budget-store.js';
import { BudgetBook } from './budget-book.js';
import { periodAt } from './budget-period.js';
import type { Reservation } from './budget-reservation.js';

const AT = Date.parse('2026-11-26T12:00:00Z');
const ACCOUNT = { kind: 'key', subject: 'k', period: 'day', ...periodAt('day', AT) } as const;

let accounts: FakeAccounts;
let told: string[];
/** What is done when a fifth of a second is over. */
let timers: (() => void)[];
let one: BudgetBook;
let two: BudgetBook;

const open = (holder: string): BudgetBook =>
  new BudgetBook({
    store: accounts.open(holder),
    isRecorded: () => true,
    later: (ms, then) => {
      if (ms > 100) timers.push(then);
      return () => {};
    },
    report: { failed: () => {}, recovered: () => {} },
  });

beforeEach(() => {
  accounts = new FakeAccounts();
  told = [];
  timers = [];
  [one, two] = [open('a'), open('b')];
  one.listen((name) => told.push(name));
});

const ask = async (book: BudgetBook, nanos: number, mode: BudgetMode = 'strict'): Promise<Reservation> => {
  const subject: BudgetSubject = { kind: 'key', id: 'k', limitNanos: 100, period: 'day', mode };
  return book.reserve([{ subject, nanos }], AT);
};
const codeOf = async (call: Promise<Reservation>): Promise<string> =>
  call.then(
    () => 'reserved',
    ({ code }: GatewayError) => code,
  );
const passTime = (): void => timers.splice(0).forEach((then) => then());
const later = () => new Promise((resolve) => setImmediate(resolve));
async function tick(times: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    one.tick(AT);
    await later();
  }
}
const countDraws = () => accounts.calls.filter(({ name }) => name === 'draw').length;

/** A call of the other one reserved all, and cost next to nothing. */
async function leaveIdle(mode: BudgetMode): Promise<void> {
  (await ask(two, 100, mode)).settle(1);
}

describe('what one process lacks, and another has no use for', () => {
  it.each<BudgetMode>(['strict', 'balanced'])('is given back, and drawn: %s', async (mode) => {
    await leaveIdle(mode);
    const call = codeOf(ask(one, 60, mode));
    await later();
    expect(told).toEqual([`key day ${ACCOUNT.startsAt} k`]);
    two.giveToOthers(told[0] as string);
    await later();
    passTime();
    expect(await call).toBe('reserved');
  });

  it('is asked for once a tick, together by all who lack it', async () => {
    await ask(two, 90);
    const calls = [codeOf(ask(one, 60))];
    await later();
    calls.push(codeOf(ask(one, 50)));
    await later();
    passTime();
    expect(await Promise.all(calls)).toEqual(['insufficient_quota', 'insufficient_quota']);
    expect(await codeOf(ask(one, 60))).toBe('insufficient_quota');
    expect(told).toHaveLength(1);
    passTime();
    one.tick(AT);
    const next = codeOf(ask(one, 60));
    await later();
    passTime();
    expect(await next).toBe('insufficient_quota');
    expect(told).toHaveLength(2);
  });

  it('is not waited for by calls that there is enough for', async () => {
    (await ask(two, 60)).settle(1);
    const [dear, cheap] = [codeOf(ask(one, 90)), codeOf(ask(one, 20))];
    expect(await cheap).toBe('reserved');
    passTime();
    expect(await dear).toBe('insufficient_quota');
  });

  it('is not asked for where nobody has anything', async () => {
    await ask(one, 90);
    expect(await codeOf(ask(one, 60))).toBe('insufficient_quota');
    expect([told, countDraws()]).toEqual([[], 2]);
  });

  it('stays where a draw counts on it, until that is over', async () => {
    (await ask(two, 40)).settle(1);
    let open: () => void = () => {};
    accounts.gate = new Promise((resolve) => (open = resolve));
    const call = codeOf(ask(two, 70));
    two.giveToOthers(`key day ${ACCOUNT.startsAt} k`);
    open();
    expect(await call).toBe('reserved');
  });

  it('is nothing where nobody knows the account', async () => {
    two.giveToOthers('key day 0 other');
    await later();
    expect(accounts.calls).toEqual([]);
  });
});

describe('an idle account whose gift back was lost', () => {
  it('is remembered until all of it is given back', async () => {
    (await ask(one, 10)).settle(0);
    accounts.isAway = true;
    let open: () => void = () => {};
    accounts.gate = new Promise((resolve) => (open = resolve));
    await tick(6);
    open();
    await later();
    expect([one.size, accounts.reservedOf(ACCOUNT)]).toEqual([1, 20]);
    accounts.isAway = false;
    await tick(3);
    expect([one.size, accounts.reservedOf(ACCOUNT)]).toEqual([0, 0]);
  });
});
