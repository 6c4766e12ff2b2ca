import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What waits in a spool's folder, of every process that writes there. */
export interface SpoolState {
  readonly files: number;
  readonly bytes: number;
  /** When the oldest file was begun, in milliseconds since 1970; undefined: there is none. */
  readonly oldestAt: number | undefined;
}

/** Reads names and sizes, no records. A file's name begins with when it was begun. */
export async function readSpoolState(folder: string): Promise<SpoolState> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  const sizes = await Promise.all(names.map((name) => sizeOf(join(folder, name))));
  const begun = names.map((name) => Number(name.split('-')[0])).filter((at) => Number.isSafeInteger(at));
  return {
    files: names.length,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    oldestAt: begun.length === 0 ? undefined : Math.min(...begun),
  };
}

/** It may have gone to the database meanwhile. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
