import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { lockDirectory } from './directory-lock.js';
import type { Driver } from './driver.js';

/**
 * Postgres inside this process, its files in `dataDir`. It takes a lock of our own: the engine's `postmaster.pid`
 * lets a second process in, which would corrupt the files. @throws DirectoryInUse
 */
export async function openEmbedded(dataDir: string): Promise<Driver> {
  const lock = await lockDirectory(dataDir);
  const folder = join(dataDir, 'database');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const engine = await PGlite.create(folder);
  const factory = new PrismaPGlite(engine);
  return {
    kind: 'embedded',
    factory,
    migrate: (run) => run({ factory, runScript: (sql) => engine.exec(sql) }),
    run: async (sql, parameters) => (await engine.query(sql, parameters.map(asText))).affectedRows ?? 0,
    query: async <Row>(sql: string, parameters: readonly unknown[]) =>
      (await engine.query<Row>(sql, parameters.map(asText))).rows,
    probe: () => engine.query('SELECT 1'),
    close: async () => {
      await engine.close();
      await lock.release();
    },
  };
}

/** This engine would print a buffer as an object. */
function asText(parameter: unknown): unknown {
  return Buffer.isBuffer(parameter) ? parameter.toString() : parameter;
}
