import { createHash } from 'node:crypto';
import type { BudgetSubject } from '#contract';
import { printDollars, signWebhook } from '#metering';
import type { WatchedBudget } from '#metering';
import { claimAlerts, forgetThresholds, passThresholds, settleAlert } from '#persistence';
import type { ClaimedAlert, Database, WatchedThreshold } from '#persistence';
import type { WebhookClient } from '#upstream';

export interface BudgetAlertsOptions {
  readonly database: Database;
  readonly client: Pick<WebhookClient, 'post'>;
  /** `whsec_…`, the newest first. */
  readonly secrets: () => readonly string[];
  /** Every budget that has alerts, of keys and teams. */
  readonly watched: () => readonly WatchedBudget[];
  /** Is told of a receiver that was not reached, or said no. */
  readonly onFailure: (alert: ClaimedAlert, reason: unknown) => void;
  readonly now?: () => Date;
}

const MOST_AT_ONCE = 20;

/**
 * Tells receivers of budgets that pass a threshold: once by all gateways together, again for two hours where a receiver
 * does not take it, and then no more. At least once: a receiver knows by `webhook-id` what it has had.
 */
export class BudgetAlerts {
  constructor(private readonly options: BudgetAlertsOptions) {}

  /** Looks for what is passed, and tells what is due. @throws GatewayError when the database is away */
  async tick(): Promise<void> {
    const { database, watched, now = () => new Date() } = this.options;
    const budgets = watched();
    const thresholds = budgets.flatMap(thresholdsOf);
    await database.read((queries) => forgetThresholds(queries, thresholds, now()));
    await database.read((queries) => passThresholds(queries, thresholds, now()));
    const due = await database.read((queries) => claimAlerts(queries, MOST_AT_ONCE, now()));
    await Promise.all(due.map((alert) => this.tell(alert, budgets, now())));
  }

  private async tell(alert: ClaimedAlert, budgets: readonly WatchedBudget[], now: Date): Promise<void> {
    const { database, client, secrets, onFailure } = this.options;
    const budget = budgets.find((each) => isOf(each, alert));
    // Somebody took the budget or the alert away meanwhile, or raised the budget.
    if (!budget || !isPassed(alert, budget.subject))
      return database.read((queries) => settleAlert(queries, alert, null));
    const body = JSON.stringify(eventOf(alert, budget.subject));
    const timestamp = Math.floor(now.getTime() / 1000);
    try {
      const headers = signWebhook({ id: idOf(alert), timestamp, body }, secrets());
      const status = await client.post(alert.url, body, headers);
      if (status < 200 || status > 299) throw new Error(`The receiver answered with ${status}.`);
    } catch (error) {
      return onFailure(alert, error);
    }
    await database.read((queries) => settleAlert(queries, alert, now));
  }
}

function thresholdsOf({ subject, alerts }: WatchedBudget): WatchedThreshold[] {
  const { kind, id, period, limitNanos } = subject;
  return alerts.map(({ at, url }) => ({ kind, id, period, at, url, nanos: Math.ceil(limitNanos * at) }));
}

function isPassed({ spentNanos, at }: ClaimedAlert, { limitNanos }: BudgetSubject): boolean {
  return spentNanos !== null && Number(spentNanos) >= Math.ceil(limitNanos * at);
}

function isOf({ subject, alerts }: WatchedBudget, { kind, id, period, at, url }: ClaimedAlert): boolean {
  const isSubject = subject.kind === kind && subject.id === id && subject.period === period;
  return isSubject && alerts.some((each) => each.at === at && each.url === url);
}

function eventOf({ startsAt, at, spentNanos }: ClaimedAlert, subject: BudgetSubject) {
  const { kind, id, period, limitNanos } = subject;
  return {
    type: 'budget.threshold',
    data: {
      kind,
      id,
      period,
      starts_at: startsAt.toISOString(),
      usd: printDollars(BigInt(limitNanos)),
      spent_usd: printDollars(spentNanos ?? 0n),
      at,
    },
  };
}

/** The same for every attempt, by whichever gateway. */
function idOf({ kind, id, period, startsAt, passedAt, at, url }: ClaimedAlert): string {
  const name = JSON.stringify([kind, id, period, startsAt.getTime(), passedAt.getTime(), at, url]);
  return `evt_${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
}
