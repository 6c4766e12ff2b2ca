import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm';
import type { MigrationSession } from './driver.js';
import { findApplied, giveUpUnfinished, runScriptsWhole } from './whole-migrations.js';

const NO_FILTERS = { externalTables: [], externalEnums: [] };

/**
 * Applies the migrations that the database has not had yet, each whole or not at all; what a dead process began is
 * begun anew. One process at a time: see `Driver.migrate`. The engine stays with a process that has loaded it, and is not
 * loaded when nothing is new.
 *
 * @param folder the `prisma` folder: `schema.prisma` and `migrations/`
 * @returns the names of the migrations that were applied
 * @throws what the database said of a migration
 */
export async function migrate(session: MigrationSession, folder: string): Promise<string[]> {
  const migrationsList = readMigrations(folder);
  const { migrationDirectories } = migrationsList;
  await giveUpUnfinished(session);
  const applied = await findApplied(session);
  if (migrationDirectories.every(({ path }) => applied.has(path))) return [];
  const files = migrationDirectories.map(({ migrationFile }) => migrationFile.content.value);
  let cause: unknown;
  const factory = runScriptsWhole(session, new Set(files), (error) => (cause ??= error));
  const engine = await openEngine(factory, folder);
  try {
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters: NO_FILTERS });
    return appliedMigrationNames;
  } catch (error) {
    throw cause ?? error;
  }
}

/** What `schema.prisma` has that the migrations do not make, as SQL; empty when they agree. */
export async function findDrift(
  factory: SqlMigrationAwareDriverAdapterFactory,
  folder: string,
): Promise<string> {
  const engine = await openEngine(factory, folder);
  const files = [{ path: 'schema.prisma', content: readFileSync(join(folder, 'schema.prisma'), 'utf8') }];
  const { stdout } = await engine.diff({
    from: { tag: 'migrations', ...readMigrations(folder) },
    to: { tag: 'schemaDatamodel', files },
    script: true,
    exitCode: null,
    filters: NO_FILTERS,
  });
  return stdout ?? '';
}

async function openEngine(
  factory: SqlMigrationAwareDriverAdapterFactory,
  folder: string,
): Promise<SchemaEngine> {
  const engine = await loadEngine();
  const datamodel = readFileSync(join(folder, 'schema.prisma'), 'utf8');
  const bound = bindMigrationAwareSqlAdapterFactory(factory);
  return engine.SchemaEngine.new({ datamodels: [['schema.prisma', datamodel]] }, () => {}, bound);
}

/** Node has it, its types (without the DOM's) do not. */
declare const WebAssembly: {
  instantiate(
    binary: Uint8Array,
    imports: Record<string, object>,
  ): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

type Engine = typeof import('@prisma/schema-engine-wasm/schema_engine_bg');

let loading: Promise<Engine> | undefined;

/**
 * Once a process: the package keeps its instance in a global, and what it finalizes later (of an engine that is
 * garbage) goes to whichever instance is there by then.
 */
function loadEngine(): Promise<Engine> {
  return (loading ??= instantiateEngine());
}

/** The package's entry imports its .wasm file as a module, which Node 20 cannot: load it by hand. */
async function instantiateEngine(): Promise<Engine> {
  const folder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'));
  const glue = (await import(pathToFileURL(join(folder, 'schema_engine_bg.js')).href)) as Engine;
  const binary = readFileSync(join(folder, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(binary, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue;
}

function readMigrations(folder: string): MigrationList {
  const baseDir = join(folder, 'migrations');
  const lockfile = join(baseDir, 'migration_lock.toml');
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: readFileSync(lockfile, 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: readdirSync(baseDir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => ({ path: entry.name, migrationFile: readMigration(join(baseDir, entry.name)) }))
      .sort((one, other) => (one.path < other.path ? -1 : 1)),
  };
}

function readMigration(directory: string) {
  const file = join(directory, 'migration.sql');
  const content = existsSync(file)
    ? { tag: 'ok' as const, value: readFileSync(file, 'utf8') }
    : { tag: 'error' as const, value: 'migration.sql is missing' };
  return { path: 'migration.sql', content };
}
