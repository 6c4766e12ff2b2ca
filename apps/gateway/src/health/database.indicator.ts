import { Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { Database } from '#persistence';

const PATIENCE_MS = 1_000;
/** Anybody may ask for readiness: the database is asked no more often than this. */
const FRESH_MS = 500;

/**
 * Does the database answer, and have its migrations gone through? Known keys are served without it, so that its outage
 * is no reason to take a gateway out of the balancer, and with it all others.
 */
@Injectable()
export class DatabaseIndicator {
  private looking: Promise<boolean> | undefined;
  /** As it was when the database last answered. */
  private migrated = true;

  constructor(
    private readonly database: Database,
    private readonly health: HealthIndicatorService,
  ) {}

  async checkDatabase() {
    const indicator = this.health.check('database');
    if (await this.answers()) return indicator.up();
    return indicator.up({ degraded: true, message: 'The database does not answer.' });
  }

  async checkMigrations() {
    await this.answers();
    const indicator = this.health.check('migrations');
    return this.migrated ? indicator.up() : indicator.down();
  }

  private answers(): Promise<boolean> {
    return (this.looking ??= this.look());
  }

  private async look(): Promise<boolean> {
    try {
      this.migrated = await this.database.isMigrated(PATIENCE_MS);
      return true;
    } catch {
      return false;
    } finally {
      setTimeout(() => (this.looking = undefined), FRESH_MS).unref();
    }
  }
}
