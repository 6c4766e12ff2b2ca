import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { Database } from '#persistence';
import { createDatabase, startPostgres } from './postgres-server.js';
import type { PostgresServer } from './postgres-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Undefined: tests run on the embedded database. */
    postgresUrl: string | undefined;
    /** A migrated embedded database, to be copied: making one takes seconds. */
    embeddedTemplate: string;
  }
}

const root = new URL('../..', import.meta.url).pathname;

/** Once a run: the Postgres server (PLLM_TEST_DATABASE=postgres), or a migrated embedded database to copy. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'pllm-e2e-'));
  let server: PostgresServer | undefined;
  if (process.env.PLLM_TEST_DATABASE === 'postgres') server = await startPostgres();
  else await makeTemplate(folder);
  project.provide('postgresUrl', server?.url);
  project.provide('embeddedTemplate', join(folder, 'template'));
  return async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function makeTemplate(folder: string): Promise<void> {
  const dataDir = join(folder, 'template');
  mkdirSync(dataDir);
  const database = await Database.open({ url: undefined, dataDir, schemaFolder: join(root, 'prisma') });
  await database.close();
}

/** What a gateway under test is given: a data directory of its own, and a database of its own. */
export interface TestDatabase {
  readonly dataDir: string;
  readonly url: string | undefined;
  remove(): void;
}

export async function makeDatabase(context: {
  postgresUrl: string | undefined;
  embeddedTemplate: string;
}): Promise<TestDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'pllm-data-'));
  const remove = (): void => rmSync(dataDir, { recursive: true, force: true });
  if (context.postgresUrl)
    return { dataDir, url: await createDatabase({ url: context.postgresUrl }), remove };
  cpSync(join(context.embeddedTemplate, 'database'), join(dataDir, 'database'), { recursive: true });
  return { dataDir, url: undefined, remove };
}
