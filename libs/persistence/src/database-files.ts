import { existsSync, mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EngineThread } from './engine-thread.js';

/**
 * Makes the files of the embedded database where there are none, all of them or none. A second engine does it, in the
 * thread of the first, with copies of all its memory: 450 MB that a thread keeps as long as it lives. This one ends.
 *
 * @throws what the engine says of it, or when the folder has something else in it
 */
export async function ensureDatabaseFiles(folder: string): Promise<void> {
  if (existsSync(join(folder, 'PG_VERSION'))) return;
  if (existsSync(folder)) rmdirSync(folder);
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  const thread = await EngineThread.open(unfinished);
  await thread.close();
  renameSync(unfinished, folder);
}
