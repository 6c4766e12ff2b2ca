import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** Where Linux keeps files in memory. */
const MEMORY = '/dev/shm';

/** What a run of all suites needs is a third of it. */
const ENOUGH_BYTES = 4 * 1024 ** 3;

/**
 * A folder of this process in memory, which goes with it: databases are made and removed by the dozen, and a disk takes
 * longer over their thousands of files than the tests. Undefined where there is no room for it.
 */
export function makeMemoryFolder(): string | undefined {
  if (freeBytes() < ENOUGH_BYTES) return undefined;
  const folder = mkdtempSync(join(MEMORY, 'pllm-tests-'));
  // Postgres does not run as root: it passes through here.
  chmodSync(folder, 0o711);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function freeBytes(): number {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
