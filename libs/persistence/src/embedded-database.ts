import { join } from 'node:path';
import { ensureDatabaseFiles } from './database-files.js';
import { lockDirectory } from './directory-lock.js';
import type { Driver } from './driver.js';
import { engineAdapter } from './engine-adapter.js';
import { LastingEngine } from './lasting-engine.js';
import type { LastingEngineOptions } from './lasting-engine.js';

/**
 * Postgres inside this process, in a thread beside the one that answers requests, its files in `dataDir`. It takes a
 * lock of our own: the engine's `postmaster.pid` lets a second process in, which would corrupt the files.
 *
 * @throws DirectoryInUse
 */
export async function openEmbedded(dataDir: string, options: LastingEngineOptions = {}): Promise<Driver> {
  const lock = await lockDirectory(dataDir);
  const folder = join(dataDir, 'database');
  const engine = await openFiles(folder, options).catch(async (error: unknown) => {
    await lock.release();
    throw error;
  });
  const factory = engineAdapter(() => engine.current());
  return {
    kind: 'embedded',
    factory,
    migrate: (run) => run({ factory, runScript: async (sql) => engine.current().ask('runScript', sql) }),
    run: async (sql, parameters) => engine.current().ask('run', sql, parameters.map(asBytes)),
    query: async <Row>(sql: string, parameters: readonly unknown[]) =>
      (await engine.current().ask('query', sql, parameters.map(asText))) as Row[],
    // Behind a long statement it is busy, which is no outage.
    probe: async () => engine.current(),
    close: async () => {
      await engine.close();
      await lock.release();
    },
  };
}

async function openFiles(folder: string, options: LastingEngineOptions): Promise<LastingEngine> {
  await ensureDatabaseFiles(folder);
  return LastingEngine.open(folder, options);
}

/** A copy of its own: of a part, all that it is a part of would go over. */
function asBytes(parameter: unknown): unknown {
  return Buffer.isBuffer(parameter) ? new Uint8Array(parameter) : parameter;
}

/** On its way a buffer becomes bytes, which the engine would print as an object. */
function asText(parameter: unknown): unknown {
  return Buffer.isBuffer(parameter) ? parameter.toString() : parameter;
}
