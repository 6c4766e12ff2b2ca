import { Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { Database } from '#persistence';

const PATIENCE_MS = 2_000;
/** Anybody may ask for readiness: the database is asked no more often than this. */
const FRESH_MS = 500;

interface Finding {
  readonly database: boolean;
  readonly migrations: boolean;
}

/** Does the database answer, and have its migrations gone through? */
@Injectable()
export class DatabaseIndicator {
  private finding: Promise<Finding> | undefined;

  constructor(
    private readonly database: Database,
    private readonly health: HealthIndicatorService,
  ) {}

  async check(part: keyof Finding) {
    const finding = await (this.finding ??= this.look());
    const indicator = this.health.check(part);
    return finding[part] ? indicator.up() : indicator.down();
  }

  private async look(): Promise<Finding> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('The database takes too long.')), PATIENCE_MS);
    });
    try {
      const migrations = await Promise.race([this.database.isMigrated(), late]);
      return { database: true, migrations };
    } catch {
      return { database: false, migrations: false };
    } finally {
      clearTimeout(timer);
      setTimeout(() => (this.finding = undefined), FRESH_MS).unref();
    }
  }
}
