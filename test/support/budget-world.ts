import { expect } from 'vitest';
import type { BudgetAccount, UsageRecord } from '#metering';
import { BudgetAccounts, reconcileBudgets } from '#persistence';
import type { Database } from '#persistence';
import { insertMade, madeRecord } from './made-records.js';

const DAY_MS = 24 * 60 * 60 * 1000;

export interface LimitedAccount extends BudgetAccount {
  readonly limitNanos: number;
  readonly isStrict: boolean;
}

/** A key that calls, and the budgets that its calls count against. */
interface Payer {
  readonly keyId: string;
  readonly teamId: string | null;
  readonly endUser: string | null;
  readonly budgets: readonly (Pick<LimitedAccount, 'kind' | 'subject' | 'period' | 'limitNanos'> & {
    readonly isStrict: boolean;
  })[];
}

const TEAM = { kind: 'team', subject: 't1', period: 'total', limitNanos: 1_500, isStrict: true } as const;
const PAYERS: readonly Payer[] = [
  {
    keyId: 'k1',
    teamId: 't1',
    endUser: 'u/1',
    budgets: [
      { kind: 'key', subject: 'k1', period: 'day', limitNanos: 1_000, isStrict: true },
      TEAM,
      { kind: 'end_user', subject: 'key:k1/u/1', period: 'month', limitNanos: 700, isStrict: true },
    ],
  },
  {
    keyId: 'k2',
    teamId: 't1',
    endUser: null,
    budgets: [{ kind: 'key', subject: 'k2', period: 'week', limitNanos: 600, isStrict: false }, TEAM],
  },
  {
    keyId: 'k3',
    teamId: 't2',
    endUser: null,
    budgets: [
      { kind: 'key', subject: 'k3', period: 'day', limitNanos: 400, isStrict: false },
      { kind: 'end_user', subject: 'team:t2/', period: 'day', limitNanos: 300, isStrict: false },
    ],
  },
];
export const PAYER_COUNT = PAYERS.length;

interface OpenCall {
  readonly payer: Payer;
  readonly at: number;
  readonly accounts: readonly LimitedAccount[];
  readonly nanos: number;
}

/** A process that draws leases, and what it knows of them. */
interface Holder {
  readonly store: BudgetAccounts;
  readonly free: Map<string, number>;
  readonly accounts: Map<string, LimitedAccount>;
  calls: OpenCall[];
  unsent: UsageRecord[];
}

interface AccountRow {
  readonly kind: string;
  readonly subject: string;
  readonly period: string;
  readonly starts: number;
  readonly spent: number;
  readonly reserved: number;
  readonly withheld: number;
  readonly leased: number;
  readonly kept: number;
}

let worlds = 0;

/** Holders on one database, each doing what a gateway does, and what all of it must come to. */
export class BudgetWorld {
  private readonly name = `w${worlds++}`;
  private readonly limited = new Map<string, LimitedAccount>();
  private readonly written = new Map<string, UsageRecord>();
  private readonly now = Date.now();
  private holders: Holder[] = [];
  private late: UsageRecord[] = [];
  private days = 0;
  private numbers = 0;

  constructor(
    private readonly database: Database,
    holders: number,
  ) {
    for (let count = 0; count < holders; count++) this.holders.push(this.newHolder());
  }

  /** A call is admitted, or refused for want of room; then what was drawn for it stays with its holder. */
  async call(who: number, payerNumber: number, nanos: number, extraNanos: number): Promise<boolean> {
    const holder = this.holder(who);
    const payer = PAYERS[payerNumber % PAYERS.length] as Payer;
    const at = this.now + this.days * DAY_MS;
    const accounts = payer.budgets.map((budget) => ({ ...budget, ...periodOf(budget.period, at) }));
    for (const account of accounts) {
      this.limited.set(nameOf(account), account);
      holder.accounts.set(nameOf(account), account);
    }
    const short = accounts.filter((account) => freeOf(holder, account) < nanos);
    const draws = short.map((account) => ({
      account,
      limitNanos: account.limitNanos,
      isStrict: account.isStrict,
      needNanos: nanos - freeOf(holder, account),
      extraNanos,
    }));
    if (draws.length > 0) {
      const grants = await holder.store.draw(draws);
      grants.forEach(({ grantedNanos }, index) => add(holder, short[index] as LimitedAccount, grantedNanos));
    }
    if (accounts.some((account) => freeOf(holder, account) < nanos)) return false;
    for (const account of accounts) add(holder, account, -nanos);
    holder.calls.push({ payer, at, accounts, nanos });
    return true;
  }

  /** @param part of what was reserved; a call of balanced budgets alone may cost up to twice of it */
  settle(who: number, which: number, part: number): void {
    const holder = this.holder(who);
    const [call] = holder.calls.splice(which % Math.max(holder.calls.length, 1), 1);
    if (!call) return;
    const isBounded = call.accounts.some(({ isStrict }) => isStrict);
    const costNanos = Math.floor(call.nanos * part * (isBounded ? 1 : 2));
    for (const account of call.accounts) add(holder, account, call.nanos - costNanos);
    const { keyId, teamId, endUser } = call.payer;
    const id = `req_${this.name}_${this.numbers++}`;
    const leaseHolder = holder.store.holder;
    const rest = { keyId, teamId, endUser, costNanos, leaseHolder };
    holder.unsent.push(madeRecord(id, new Date(call.at), rest));
  }

  async write(who: number): Promise<void> {
    const holder = this.holder(who);
    await this.insert(holder.unsent.splice(0));
  }

  /** What was written once is written again, and changes nothing. */
  async writeAgain(): Promise<void> {
    await this.insert([...this.written.values()].slice(-3));
  }

  async writeLate(): Promise<void> {
    await this.insert(this.late.splice(0, 2));
  }

  async giveBack(who: number): Promise<void> {
    const holder = this.holder(who);
    const parts = [...holder.free].flatMap(([name, nanos]) => {
      const account = holder.accounts.get(name);
      return account && nanos > 0 ? [{ account, nanos }] : [];
    });
    for (const { account } of parts) holder.free.set(nameOf(account), 0);
    if (parts.length > 0) await holder.store.giveBack(parts);
  }

  /** Its calls are never heard of again; what it had not written yet may be found, or is lost. */
  crash(who: number, isLost: boolean): void {
    const { unsent } = this.holder(who);
    if (!isLost) this.late.push(...unsent);
    this.holders[who % this.holders.length] = this.newHolder();
  }

  renew(who: number): Promise<void> {
    return this.holder(who).store.renew();
  }

  /** Nobody renewed anything for as long as a lease lives: not even those who are alive. */
  async sweep(who: number): Promise<void> {
    await this.database.run(EXPIRE, []);
    await this.holder(who).store.sweep();
  }

  nextDay(): void {
    this.days = 1;
  }

  /** What is true at any time. */
  async check(): Promise<AccountRow[]> {
    const rows = await this.database.query<AccountRow>(ACCOUNTS, []);
    for (const row of rows) {
      const account = this.limited.get(nameOf({ ...row, startsAt: row.starts }));
      const { spent, reserved, withheld, leased, kept } = row;
      const shown = JSON.stringify(row);
      expect(Math.min(spent, reserved, withheld), shown).toBeGreaterThanOrEqual(0);
      expect({ reserved, withheld }, shown).toEqual({ reserved: leased, withheld: kept });
      if (account?.isStrict)
        expect(spent + reserved + withheld, shown).toBeLessThanOrEqual(account.limitNanos);
    }
    return rows;
  }

  /** Everybody stops: what is left is what was spent, and what the dead took with them. */
  async end(): Promise<void> {
    for (const [who, holder] of this.holders.entries()) {
      while (holder.calls.length > 0) this.settle(who, 0, 0.5);
      await this.write(who);
      await this.giveBack(who);
    }
    const alive = this.holders.map(({ store }) => store.holder);
    const strict = await this.database.query<{ nanos: number }>(
      `SELECT coalesce(sum(nanos), 0)::float8 AS nanos FROM budget_lease
      WHERE is_strict AND holder IN (SELECT json_array_elements_text($1::json))`,
      [JSON.stringify(alive)],
    );
    expect(strict, 'of strict budgets everything is given back to the nano-dollar').toEqual([{ nanos: 0 }]);
    for (const { store } of this.holders) await store.giveAllBack();
    await this.sweep(0);
    for (const row of await this.check()) {
      const spent = this.spentOf(row);
      expect(row, JSON.stringify(row)).toMatchObject({ reserved: 0, spent });
    }
    const asked = { repair: false, releaseWithheld: false };
    expect((await reconcileBudgets(this.database, asked)).differences).toEqual([]);
  }

  private spentOf({ kind, subject, period, starts }: AccountRow): number {
    const records = [...this.written.values()].filter(({ keyId, teamId, endUser, at }) => {
      const person = endUser ?? '';
      const isHis = [`key:${keyId}/${person}`, `team:${teamId}/${person}`].includes(subject);
      const isOf = kind === 'end_user' ? isHis : (kind === 'key' ? keyId : teamId) === subject;
      return isOf && periodOf(period as BudgetAccount['period'], at).startsAt === starts;
    });
    return records.reduce((sum, { costNanos }) => sum + (costNanos ?? 0), 0);
  }

  private async insert(records: readonly UsageRecord[]): Promise<void> {
    if (records.length === 0) return;
    await insertMade(this.database, records);
    for (const record of records) this.written.set(record.requestId, record);
  }

  private holder(who: number): Holder {
    return this.holders[who % this.holders.length] as Holder;
  }

  private newHolder(): Holder {
    const store = new BudgetAccounts(this.database, `${this.name}-${this.numbers++}`);
    return { store, free: new Map(), accounts: new Map(), calls: [], unsent: [] };
  }
}

const ACCOUNTS = `SELECT kind, subject, period, extract(epoch FROM starts_at)::float8 * 1000 AS starts,
  spent_nanos::float8 AS spent, reserved_nanos::float8 AS reserved, withheld_nanos::float8 AS withheld,
  coalesce((SELECT sum(nanos) FROM budget_lease lease WHERE NOT is_withheld AND
    (lease.kind, lease.subject, lease.period, lease.starts_at) =
    (account.kind, account.subject, account.period, account.starts_at)), 0)::float8 AS leased,
  coalesce((SELECT sum(nanos) FROM budget_lease lease WHERE is_withheld AND
    (lease.kind, lease.subject, lease.period, lease.starts_at) =
    (account.kind, account.subject, account.period, account.starts_at)), 0)::float8 AS kept
FROM budget_account account`;

/** In the order in which everybody locks them. */
const EXPIRE = `WITH lease AS MATERIALIZED (
  SELECT ctid FROM budget_lease ORDER BY kind, subject, period, starts_at, holder FOR UPDATE
)
UPDATE budget_lease SET expires_at = expires_at - interval '31 seconds'
FROM lease WHERE budget_lease.ctid = lease.ctid`;

export async function clearLedger(database: Database): Promise<void> {
  await database.run(
    'TRUNCATE usage_record, usage_hour, usage_day, budget_account, budget_lease, budget_alert',
    [],
  );
}

function nameOf(account: { kind: string; subject: string; period: string; startsAt: number }): string {
  return `${account.kind} ${account.subject} ${account.period} ${account.startsAt}`;
}

function freeOf(holder: Holder, account: BudgetAccount): number {
  return holder.free.get(nameOf(account)) ?? 0;
}

function add(holder: Holder, account: BudgetAccount, nanos: number): void {
  holder.free.set(nameOf(account), freeOf(holder, account) + nanos);
}

/** The period of a time, in UTC. */
export function periodOf(
  period: BudgetAccount['period'],
  at: number,
): { startsAt: number; endsAt: number | undefined } {
  if (period === 'total') return { startsAt: 0, endsAt: undefined };
  const date = new Date(at);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  if (period === 'month') return { startsAt: Date.UTC(year, month), endsAt: Date.UTC(year, month + 1) };
  const first = period === 'day' ? day : day - ((date.getUTCDay() + 6) % 7);
  return {
    startsAt: Date.UTC(year, month, first),
    endsAt: Date.UTC(year, month, first + (period === 'day' ? 1 : 7)),
  };
}
