import type {
  SqlDriverAdapter,
  SqlMigrationAwareDriverAdapterFactory,
  SqlQuery,
  Transaction,
} from '@prisma/driver-adapter-utils';
import type { EngineThread } from './engine-thread.js';

const ABOUT = { provider: 'postgres', adapterName: 'pglite-prisma-adapter' } as const;

/**
 * Prisma's adapter of the embedded database, which is in another thread.
 *
 * @param thread the one that lives now: a transaction stays with the one that it began in. @throws engineAway
 */
export function engineAdapter(thread: () => EngineThread): SqlMigrationAwareDriverAdapterFactory {
  const adapter: SqlDriverAdapter = {
    ...ABOUT,
    queryRaw: async (query) => thread().ask('queryRaw', query),
    executeRaw: async (query) => thread().ask('executeRaw', query),
    executeScript: async (script) => thread().ask('runScript', script),
    startTransaction: async (level) => {
      const own = thread();
      return transactionIn(own, await own.ask('startTransaction', level));
    },
    getConnectionInfo: () => ({ supportsRelationJoins: true }),
    dispose: async () => {},
  };
  return {
    ...ABOUT,
    connect: async () => adapter,
    connectToShadowDb: async () => {
      throw new Error('The embedded database has no shadow database.');
    },
  };
}

function transactionIn(thread: EngineThread, id: number): Transaction {
  return {
    ...ABOUT,
    options: { usePhantomQuery: true },
    queryRaw: (query: SqlQuery) => thread.ask('queryRaw', query, id),
    executeRaw: (query: SqlQuery) => thread.ask('executeRaw', query, id),
    commit: () => thread.ask('commit', id),
    rollback: () => thread.ask('rollback', id),
  };
}
