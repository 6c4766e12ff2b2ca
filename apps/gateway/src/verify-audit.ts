import { readAuditChain, verifyAuditChain } from '#persistence';
import type { ChainVerdict } from '#persistence';
import type { Config } from './config/config.js';
import { openDatabase } from './database/open-database.js';

/** The audit log is not what was written. */
export class BrokenAudit extends Error {}

/**
 * Follows the audit log from its first entry to its last.
 *
 * @param noted a head that an earlier run printed
 * @returns the lines to print
 * @throws BrokenAudit, DirectoryInUse, DatabaseUnreachable
 */
export async function verifyAudit(noted: string | undefined, config: Config): Promise<string[]> {
  const database = await openDatabase(config);
  try {
    return describe(await verifyAuditChain(readAuditChain(database), noted));
  } finally {
    await database.close();
  }
}

function describe({ entries, head, broken, hasNoted }: ChainVerdict): string[] {
  if (broken) {
    throw new BrokenAudit(
      `The audit log is broken: entry ${broken.id} (${broken.at.toISOString()}) does not fit to the ${entries} before it.`,
    );
  }
  if (hasNoted === false)
    throw new BrokenAudit('The audit log was cut: it does not have the head that was noted.');
  return [`${entries} entries, each fits to the one before it.`, ...(head ? [`head: ${head.hash}`] : [])];
}
