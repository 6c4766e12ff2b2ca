import { Inject, Module } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { printWebhookSecret } from '#metering';
import { FaultLog } from '#observability';
import type { FaultTeller } from '#observability';
import { Database } from '#persistence';
import type { SecretKeys } from '#persistence';
import { WebhookClient } from '#upstream';
import { KeyCache } from '../auth/key-cache.js';
import { TeamRegistry } from '../auth/team-registry.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { SECRET_KEYS } from '../database/database.module.js';
import { FAULTS } from '../logging/logging.module.js';
import { BudgetAlerts } from './budget-alerts.js';

const TICK_MS = 5_000;

/** Looks at budgets that somebody wants to be told of, and tells. */
@Module({})
export class AlertsModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly client: WebhookClient;
  private readonly alerts: BudgetAlerts;
  private readonly faults: FaultLog;
  private timer: NodeJS.Timeout | undefined;
  private ticking: Promise<void> | undefined;

  constructor(
    database: Database,
    private readonly keys: KeyCache,
    private readonly teams: TeamRegistry,
    @Inject(SECRET_KEYS) secretKeys: SecretKeys,
    @Inject(CONFIG) { denyPrivateUpstreams: denyPrivate }: Config,
    @Inject(FAULTS) faults: FaultTeller,
  ) {
    const receivers = new FaultLog(faults, 'budget_alerts');
    this.faults = new FaultLog(faults, 'budget_thresholds');
    this.client = new WebhookClient({ denyPrivate });
    this.alerts = new BudgetAlerts({
      database,
      client: this.client,
      secrets: () => secretKeys.webhookKeys.map(printWebhookSecret),
      watched: () => this.watched,
      onFailure: ({ kind, id, attempts }, reason) =>
        receivers.failed(
          `the webhook of the ${kind} '${id}' was not taken (attempt ${attempts} of 8)`,
          reason,
        ),
    });
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => (this.ticking ??= this.tick()), TICK_MS).unref();
  }

  /** Before the database is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.client.close();
    await this.ticking;
  }

  private get watched() {
    return [...this.keys.watched.all, ...this.teams.watched.all];
  }

  private async tick(): Promise<void> {
    try {
      if (this.watched.length > 0) await this.alerts.tick();
      this.faults.recovered('budgets are looked at again');
    } catch (error) {
      this.faults.failed('budgets cannot be looked at for their alerts', error);
    } finally {
      this.ticking = undefined;
    }
  }
}
