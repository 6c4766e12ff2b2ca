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
    /** A migrated database on it, to be copied. */
    postgresTemplate: string | undefined;
    /** The data directory of a migrated embedded database, to be copied: making one takes seconds. */
    embeddedTemplate: string;
  }
}

const root = new URL('../..', import.meta.url).pathname;

/** Once a run: a migrated database to copy, on a Postgres server (PLLM_TEST_DATABASE=postgres) or embedded. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'pllm-e2e-'));
  let server: PostgresServer | undefined;
  let template: string | undefined;
  if (process.env.PLLM_TEST_DATABASE === 'postgres') {
    server = await startPostgres();
    template = await createDatabase(server);
  }
  await makeTemplate(folder, template);
  project.provide('postgresUrl', server?.url);
  project.provide('postgresTemplate', template);
  project.provide('embeddedTemplate', join(folder, 'template'));
  return async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function makeTemplate(folder: string, url: string | undefined): Promise<void> {
  const dataDir = join(folder, 'template');
  mkdirSync(dataDir);
  const database = await Database.open({ url, dataDir, schemaFolder: join(root, 'prisma') });
  await database.close();
}

/** What a gateway under test is given: a data directory of its own, and a database of its own. */
export interface TestDatabase {
  readonly dataDir: string;
  readonly url: string | undefined;
  remove(): void;
}

/** What a run provides. */
export interface Templates {
  readonly postgresUrl: string | undefined;
  /** Undefined: a database on Postgres is a new one, which its first gateway migrates. */
  readonly postgresTemplate?: string | undefined;
  readonly embeddedTemplate: string;
}

export async function makeDatabase(templates: Templates): Promise<TestDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'pllm-data-'));
  const remove = (): void => rmSync(dataDir, { recursive: true, force: true });
  const { postgresUrl: url, postgresTemplate, embeddedTemplate } = templates;
  if (url !== undefined) return { dataDir, url: await createDatabase({ url }, postgresTemplate), remove };
  cpSync(join(embeddedTemplate, 'database'), join(dataDir, 'database'), { recursive: true });
  return { dataDir, url: undefined, remove };
}
