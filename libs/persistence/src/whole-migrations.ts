import type {
  SqlMigrationAwareDriverAdapterFactory as Factory,
  SqlDriverAdapter,
} from '@prisma/driver-adapter-utils';
import type { MigrationSession } from './driver.js';

/** In the transaction of the script, before it: who looks at the row meanwhile waits for the script's end. */
const MARK_DONE = `DO $$ BEGIN
  UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1
  WHERE finished_at IS NULL AND rolled_back_at IS NULL;
  IF NOT FOUND THEN RAISE EXCEPTION 'Another process has given this migration up.'; END IF;
END $$;
`;

const GIVE_UP_UNFINISHED = `DO $$ BEGIN
  IF to_regclass('_prisma_migrations') IS NOT NULL THEN
    UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL;
  END IF;
END $$`;

const IS_NEW = `SELECT to_regclass('_prisma_migrations') IS NULL`;
const DONE = `SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`;

/**
 * The engine writes that a migration begins, runs its script and writes that it is done; its adapters run a script
 * statement by statement. Here a script and the mark that it is done are one transaction, so that whoever dies in
 * the middle leaves a migration that is whole, or none.
 *
 * @param scripts the migrations' own: whatever else the engine runs is left as it is
 * @param onFailure hears what the database said, of which the engine tells nothing
 */
export function runScriptsWhole(
  { factory, runScript }: MigrationSession,
  scripts: ReadonlySet<string>,
  onFailure: (error: unknown) => void,
): Factory {
  return wrap(factory, {
    connect: async () => {
      const adapter: SqlDriverAdapter = await factory.connect();
      return wrap(adapter, {
        executeScript: async (script: string) => {
          try {
            await runScript(scripts.has(script) ? MARK_DONE + script : script);
          } catch (error) {
            onFailure(error);
            throw error;
          }
        },
      });
    },
  });
}

/** What a dead process began and never finished was undone with its session, and may be begun anew. */
export async function giveUpUnfinished(session: MigrationSession): Promise<void> {
  await session.runScript(GIVE_UP_UNFINISHED);
}

/** The names of those that the database has had. */
export async function findApplied({ factory }: MigrationSession): Promise<Set<unknown>> {
  const adapter = await factory.connect();
  const ask = async (sql: string) => (await adapter.queryRaw({ sql, args: [], argTypes: [] })).rows.flat();
  try {
    const [isNew] = await ask(IS_NEW);
    return new Set(isNew ? [] : await ask(DONE));
  } finally {
    await adapter.dispose();
  }
}

/** The same object, but for these. */
function wrap<T extends object>(object: T, methods: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      if (Object.hasOwn(methods, name)) return methods[name as keyof T];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
