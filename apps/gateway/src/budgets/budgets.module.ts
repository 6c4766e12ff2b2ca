import { randomUUID } from 'node:crypto';
import { Global, Module } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { BudgetBook, UsageSpool } from '#metering';
import { FaultLog } from '#observability';
import type { FaultTeller } from '#observability';
import { BudgetAccounts, Database } from '#persistence';
import { FAULTS } from '../logging/logging.module.js';

const TICK_MS = 1_000;

/** What calls may cost: the leases of this process. The relay's module closes them, when its records are written. */
@Global()
@Module({
  providers: [
    {
      provide: BudgetBook,
      inject: [Database, UsageSpool, FAULTS],
      useFactory: (database: Database, spool: UsageSpool, faults: FaultTeller) => {
        const log = new FaultLog(faults, 'budgets');
        return new BudgetBook({
          store: new BudgetAccounts(database, randomUUID()),
          isRecorded: () => spool.depth.oldestAt === undefined,
          later,
          report: {
            failed: (error) => log.failed('the accounts of budgets cannot be reached', error),
            recovered: () => log.recovered('the accounts of budgets are reached again'),
          },
        });
      },
    },
  ],
  exports: [BudgetBook],
})
export class BudgetsModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly book: BudgetBook) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.book.tick(Date.now()), TICK_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }
}

/** An answer that is there, and only not yet read, is no late one: a process that was busy itself looks once more. */
function later(ms: number, then: () => void): () => void {
  let isWanted = true;
  const timer = setTimeout(() => setImmediate(() => isWanted && then()), ms);
  return () => {
    isWanted = false;
    clearTimeout(timer);
  };
}
