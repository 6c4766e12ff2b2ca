import { join } from 'node:path';
import { Database, reconcileBudgets } from '#persistence';
import type { ReconcileOptions } from '#persistence';
import type { Config } from '../config/config.js';
import { packageRoot } from '../database/package-root.js';
import { reconciliationView } from './budget-views.js';
import { note } from './note.js';

/** Who it was, in the audit log: somebody at the machine. */
const ACTOR = { name: 'command', requestId: '' };

/**
 * Compares what was added up with the records, beside a gateway on Postgres, or in place of one on the embedded
 * database. @returns what `POST /v1/admin/budgets/reconcile` answers, as text @throws DatabaseUnreachable, DirectoryInUse
 */
export async function reconcileOnce(
  config: Pick<Config, 'databaseUrl' | 'dataDir' | 'databaseWaitMs'>,
  options: ReconcileOptions,
): Promise<string> {
  const database = await Database.open({
    url: config.databaseUrl,
    dataDir: config.dataDir,
    schemaFolder: join(packageRoot(), 'prisma'),
    waitMs: config.databaseWaitMs,
  });
  try {
    const found = await reconcileBudgets(database, options);
    const { repair, releaseWithheld: release_withheld } = options;
    const asked = note(ACTOR, 'reconcile', 'budget', 'all', { repair, release_withheld });
    await database.write(asked, async () => {});
    return `${JSON.stringify(reconciliationView(found, repair), undefined, 2)}\n`;
  } finally {
    await database.close();
  }
}
