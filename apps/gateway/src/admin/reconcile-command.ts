import { reconcileBudgets } from '#persistence';
import type { ReconcileOptions } from '#persistence';
import type { Config } from '../config/config.js';
import { openDatabase } from '../database/open-database.js';
import { reconciliationView } from './budget-views.js';
import { note } from './note.js';

/** Who it was, in the audit log: somebody at the machine. */
const ACTOR = { name: 'command', keyId: null, requestId: '' };

/**
 * Compares what was added up with the records, beside a gateway on Postgres, or in place of one on the embedded
 * database. @returns what `POST /v1/admin/budgets/reconcile` answers, as text @throws DatabaseUnreachable, DirectoryInUse
 */
export async function reconcileOnce(
  config: Pick<Config, 'databaseUrl' | 'dataDir' | 'databaseWaitMs'>,
  options: ReconcileOptions,
): Promise<string> {
  const database = await openDatabase(config);
  try {
    const { repair, releaseWithheld: release_withheld } = options;
    const asked = note(ACTOR, 'reconcile', 'budget', 'all', { repair, release_withheld });
    // Before: it is many transactions, and what dies among them was told of.
    await database.write(asked, async () => {});
    const found = await reconcileBudgets(database, options);
    return `${JSON.stringify(reconciliationView(found, repair), undefined, 2)}\n`;
  } finally {
    await database.close();
  }
}
