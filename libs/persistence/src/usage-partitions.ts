import type { Queries } from './database.js';

/** One number for all processes on a database: they take turns. */
const LOCK = 7_270_736_901n;

/** Makes the partitions of this month and the `months - 1` after it (UTC); run it in a transaction. */
export async function ensureUsagePartitions(queries: Queries, now: Date, months: number): Promise<void> {
  const wanted = Array.from({ length: months }, (_, ahead) => monthOf(now, ahead));
  if ((await findMissing(queries, wanted)).length === 0) return;
  await queries.$executeRaw`SELECT pg_advisory_xact_lock(${LOCK})`;
  for (const { name, from, to } of await findMissing(queries, wanted)) {
    await queries.$executeRawUnsafe(
      `CREATE TABLE ${name} PARTITION OF usage_record FOR VALUES FROM ('${from}') TO ('${to}')`,
    );
  }
}

/**
 * Lets go of what is older than `before`: whole months, and what never had a month of its own; what was added up of
 * them stays. Run it in a transaction. @returns the partitions that are gone
 */
export async function dropUsagePartitions(queries: Queries, before: Date): Promise<string[]> {
  const end = `usage_record_${before.toISOString().slice(0, 7).replace('-', '_')}`;
  const isOld = (name: string): boolean => MONTH.test(name) && name < end;
  if ((await listPartitions(queries)).some(isOld)) {
    await queries.$executeRaw`SELECT pg_advisory_xact_lock(${LOCK})`;
  }
  const old = (await listPartitions(queries)).filter(isOld);
  for (const name of old) await queries.$executeRawUnsafe(`DROP TABLE ${name}`);
  await queries.$executeRaw`DELETE FROM usage_record_other WHERE at < ${before}`;
  return old;
}

/** Since when records are there whole: the first month that has a partition; undefined: none has. */
export async function findKeptFrom(queries: Queries): Promise<Date | undefined> {
  const [first] = (await listPartitions(queries)).filter((name) => MONTH.test(name)).sort();
  return first === undefined
    ? undefined
    : new Date(`${first.slice('usage_record_'.length).replace('_', '-')}-01T00:00:00.000Z`);
}

const MONTH = /^usage_record_\d{4}_\d{2}$/;

interface Month {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

function monthOf(now: Date, ahead: number): Month {
  const start = (month: number) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + month)).toISOString();
  const from = start(ahead);
  return { name: `usage_record_${from.slice(0, 7).replace('-', '_')}`, from, to: start(ahead + 1) };
}

async function findMissing(queries: Queries, wanted: readonly Month[]): Promise<Month[]> {
  const names = new Set(await listPartitions(queries));
  return wanted.filter(({ name }) => !names.has(name));
}

async function listPartitions(queries: Queries): Promise<string[]> {
  const rows = await queries.$queryRaw<{ name: string }[]>`
    SELECT child.relname AS name FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid
    WHERE inhparent = 'usage_record'::regclass`;
  return rows.map(({ name }) => name);
}
