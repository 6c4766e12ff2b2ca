import { holdLedger } from './budget-open.js';
import type { Database, Queries } from './database.js';
import { daysOf, hoursOf, ROLLUP_NAMES, ROLLUP_SUMS } from './usage-rollups.js';
import type { RollupSum } from './usage-rollups.js';

/** A sum that is not that of its records. */
export interface RollupDifference {
  readonly rollup: 'hour' | 'day';
  readonly start: Date;
  /** What the row is of, by the columns of the rollup; empty text: none. */
  readonly of: Readonly<Record<string, string>>;
  readonly column: RollupSum;
  readonly was: string;
  readonly is: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Of a day so many rows are told, at most. */
const MOST_ROWS = 1_000;

/** How long a day may take to be added up anew. */
const PATIENCE_MS = 60_000;

const DAY = `usage_day WHERE day >= $1 AND day < $2`;
const HOUR = `usage_hour WHERE hour >= $1 AND hour < $2`;
const RECORD = `usage_record WHERE at >= $1 AND at < $2`;

/** Floats are added up in any order, and come to the same but for their last digits. */
const differs = (name: RollupSum): string =>
  name === 'audio_seconds'
    ? `abs(coalesce(kept.${name}, 0) - coalesce(made.${name}, 0)) > 1e-6 * greatest(1, made.${name})`
    : `coalesce(kept.${name}, 0) <> coalesce(made.${name}, 0)`;

const HOURS = differenceOf('hour', HOUR, hoursOf(RECORD));
const DAYS = differenceOf('day', DAY, daysOf(HOUR));

function differenceOf(span: 'hour' | 'day', kept: string, made: string): string {
  const names = [span, ...ROLLUP_NAMES].join(', ');
  return `SELECT ${names}, ${ROLLUP_SUMS.map(
    (name) =>
      `coalesce(kept.${name}, 0)::text AS was_${name}, coalesce(made.${name}, 0)::text AS is_${name}, ${differs(name)} AS off_${name}`,
  ).join(', ')}
  FROM (SELECT * FROM ${kept}) AS kept FULL JOIN (${made}) AS made USING (${names})
  WHERE ${ROLLUP_SUMS.map(differs).join(' OR ')}
  ORDER BY ${names} LIMIT ${MOST_ROWS}`;
}

/** The days, by when they begin, from `from` to the last of which anything is known. */
export async function listDays(queries: Queries, from: Date): Promise<Date[]> {
  const [row] = await queries.$queryRaw<{ last: Date | null }[]>`
    SELECT greatest((SELECT max(at) FROM usage_record), (SELECT max(hour) FROM usage_hour),
      (SELECT max(day) FROM usage_day)) AS last`;
  const days: Date[] = [];
  for (let day = from.getTime(); day <= (row?.last?.getTime() ?? 0); day += DAY_MS) days.push(new Date(day));
  return days;
}

/** What of a day was added up wrong: its hours against the records, then the day against its hours. */
export async function findRollupDifferences(queries: Queries, day: Date): Promise<RollupDifference[]> {
  const span = [day, new Date(day.getTime() + DAY_MS)];
  const hours = await queries.$queryRawUnsafe<Row[]>(HOURS, ...span);
  const days = await queries.$queryRawUnsafe<Row[]>(DAYS, ...span);
  return [
    ...hours.flatMap((row) => toDifferences('hour', row)),
    ...days.flatMap((row) => toDifferences('day', row)),
  ];
}

/** Adds a day up anew. No record is inserted meanwhile. @returns what differed @throws GatewayError */
export function repairRollups(database: Database, day: Date): Promise<RollupDifference[]> {
  return database.transaction(async (queries) => {
    await holdLedger(queries, 'SHARE ROW EXCLUSIVE');
    const span = [day, new Date(day.getTime() + DAY_MS)];
    const hours = await queries.$queryRawUnsafe<Row[]>(HOURS, ...span);
    await queries.$executeRawUnsafe(`DELETE FROM ${HOUR}`, ...span);
    await queries.$executeRawUnsafe(
      `INSERT INTO usage_hour (${columnsOf('hour')}) ${hoursOf(RECORD)}`,
      ...span,
    );
    const days = await queries.$queryRawUnsafe<Row[]>(DAYS, ...span);
    await queries.$executeRawUnsafe(`DELETE FROM ${DAY}`, ...span);
    await queries.$executeRawUnsafe(`INSERT INTO usage_day (${columnsOf('day')}) ${daysOf(HOUR)}`, ...span);
    return [
      ...hours.flatMap((row) => toDifferences('hour', row)),
      ...days.flatMap((row) => toDifferences('day', row)),
    ];
  }, PATIENCE_MS);
}

type Row = Readonly<Record<string, unknown>>;

const columnsOf = (span: 'hour' | 'day'): string => [span, ...ROLLUP_NAMES, ...ROLLUP_SUMS].join(', ');

function toDifferences(rollup: 'hour' | 'day', row: Row): RollupDifference[] {
  const of = Object.fromEntries(ROLLUP_NAMES.map((name) => [name, String(row[name])]));
  return ROLLUP_SUMS.filter((name) => row[`off_${name}`] === true).map((column) => ({
    rollup,
    start: row[rollup] as Date,
    of,
    column,
    was: String(row[`was_${column}`]),
    is: String(row[`is_${column}`]),
  }));
}
