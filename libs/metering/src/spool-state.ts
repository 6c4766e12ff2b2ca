import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** What waits in a spool's folder, of every process that writes there. */
export interface SpoolState {
  readonly files: number;
  readonly bytes: number;
  /** When the oldest file was begun, in milliseconds since 1970; undefined: there is none. */
  readonly oldestAt: number | undefined;
}

/** Reads names and sizes, no records. A file's name begins with when it was begun. */
export async function readSpoolState(folder: string): Promise<SpoolState> {
  const paths = await listSegments(folder);
  const sizes = await Promise.all(paths.map(sizeOf));
  const begun = paths.map((path) => Number.parseInt(basename(path), 10)).filter(Number.isSafeInteger);
  return {
    files: paths.length,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    oldestAt: begun.length === 0 ? undefined : Math.min(...begun),
  };
}

/** In the folder, and in those that processes have in it. */
async function listSegments(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const paths = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    // A process that is done removes its own.
    const names = await readdir(path).catch(() => []);
    return names.map((name) => join(path, name));
  });
  return (await Promise.all(paths)).flat().filter((path) => path.endsWith('.jsonl'));
}

/** It may have gone to the database meanwhile. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
