import { join } from 'node:path';
import { Database } from '#persistence';
import type { DatabaseOptions } from '#persistence';
import type { Config } from '../config/config.js';
import { packageRoot } from './package-root.js';

/** The database that the configuration names, its schema up to date. @throws DirectoryInUse, DatabaseUnreachable */
export function openDatabase(
  config: Pick<Config, 'databaseUrl' | 'dataDir' | 'databaseWaitMs'>,
  hooks: Pick<DatabaseOptions, 'onWait' | 'announce' | 'onState' | 'onEngineEnd'> = {},
): Promise<Database> {
  return Database.open({
    url: config.databaseUrl,
    dataDir: config.dataDir,
    schemaFolder: join(packageRoot(), 'prisma'),
    waitMs: config.databaseWaitMs,
    ...hooks,
  });
}
