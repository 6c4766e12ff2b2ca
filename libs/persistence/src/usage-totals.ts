import type { Queries } from './database.js';
import { ROLLUP_SUMS } from './usage-rollups.js';
import type { RollupSum } from './usage-rollups.js';

/** What usage can be grouped and filtered by: columns of the rollups. */
export const USAGE_GROUPS = {
  key: 'key_id',
  team: 'team_id',
  model: 'model',
  provider: 'provider',
  operation: 'operation',
} as const;
export type UsageGroup = keyof typeof USAGE_GROUPS;

export interface UsageQuery {
  /** `[from, to)`, by the hour: the hour in which it begins, and the one in which it ends, are whole. */
  readonly from: Date;
  readonly to: Date;
  readonly groups: readonly UsageGroup[];
  /** Undefined: all of the time as one. */
  readonly interval: 'hour' | 'day' | undefined;
  readonly filter: { readonly [Group in UsageGroup]?: string | undefined };
}

/** Added up; counts are safe integers up to nine quadrillion. */
export type UsageSums = Readonly<Record<Exclude<RollupSum, 'cost_nanos'>, number>> & {
  readonly cost_nanos: bigint;
};

export interface UsageTotals extends UsageSums {
  /** Null: all of the time. */
  readonly start: Date | null;
  /** By the groups that were asked for; empty text: none. */
  readonly group: { readonly [Group in UsageGroup]?: string };
}

/** Rows of one page, where `after` is the last row of the page before. */
export interface UsagePage {
  readonly limit: number;
  readonly after?: { readonly start: Date | null; readonly group: UsageTotals['group'] } | undefined;
}

type RawTotals = Record<string, unknown>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Usage by group and interval, in the order of its time and groups. From the rollups, never from the records. */
export async function readUsageTotals(
  queries: Queries,
  query: UsageQuery,
  { limit, after }: UsagePage,
): Promise<UsageTotals[]> {
  const columns = query.groups.map((group) => USAGE_GROUPS[group]);
  const parameters: unknown[] = [];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const keys = ['start', ...columns];
  const source = sourceOf(query, bind);
  const behind = after
    ? `WHERE (${keys.join(', ')}) > (${[
        `${bind(after.start ?? new Date(0))}::timestamptz`,
        ...query.groups.map((group) => bind(after.group[group] ?? '')),
      ].join(', ')})`
    : '';
  const by = keys.map((_, index) => index + 1).join(', ');
  const rows = await queries.$queryRawUnsafe<RawTotals[]>(
    `SELECT ${keys.join(', ')}, ${SUMS} FROM (${source}) AS usage ${behind} GROUP BY ${by} ORDER BY ${by} LIMIT ${bind(limit)}`,
    ...parameters,
  );
  return rows.map((row) => toTotals(row, query));
}

/** All of it as one row. */
export async function readUsageSum(queries: Queries, query: UsageQuery): Promise<UsageSums> {
  const [whole] = await readUsageTotals(queries, { ...query, groups: [], interval: undefined }, { limit: 1 });
  return whole ?? NOTHING;
}

const SUMS = ROLLUP_SUMS.map((name) =>
  name === 'cost_nanos' ? `sum(${name})::text AS ${name}` : `sum(${name})::float8 AS ${name}`,
).join(', ');

const NOTHING = Object.fromEntries(
  ROLLUP_SUMS.map((name) => [name, name === 'cost_nanos' ? 0n : 0]),
) as unknown as UsageSums;

/** Whole days come from the days, what is left at both ends from the hours. */
function sourceOf({ from, to, interval, filter }: UsageQuery, bind: (value: unknown) => string): string {
  const first = Math.floor(from.getTime() / HOUR_MS) * HOUR_MS;
  const last = Math.max(first, Math.ceil(to.getTime() / HOUR_MS) * HOUR_MS);
  const filters = (Object.keys(USAGE_GROUPS) as UsageGroup[]).flatMap((group) => {
    const value = filter[group];
    return value === undefined ? [] : [` AND ${USAGE_GROUPS[group]} = ${bind(value)}`];
  });
  const start = (column: string): string => {
    if (interval === undefined) return `'epoch'::timestamptz`;
    return interval === column ? column : `date_trunc('${interval}', ${column}, 'UTC')`;
  };
  const part = (span: 'hour' | 'day', begin: number, end: number): string =>
    `SELECT ${start(span)} AS start, ${Object.values(USAGE_GROUPS).join(', ')}, ${ROLLUP_SUMS.join(', ')}
    FROM usage_${span} WHERE ${span} >= ${bind(new Date(begin))} AND ${span} < ${bind(new Date(end))}${filters.join('')}`;
  const firstDay = Math.ceil(first / DAY_MS) * DAY_MS;
  const lastDay = Math.floor(last / DAY_MS) * DAY_MS;
  if (interval === 'hour' || firstDay >= lastDay) return part('hour', first, last);
  const parts = [part('day', firstDay, lastDay)];
  if (first < firstDay) parts.push(part('hour', first, firstDay));
  if (lastDay < last) parts.push(part('hour', lastDay, last));
  return parts.join(' UNION ALL ');
}

function toTotals(row: RawTotals, { groups, interval }: UsageQuery): UsageTotals {
  const sums = Object.fromEntries(
    ROLLUP_SUMS.map((name) => [name, name === 'cost_nanos' ? BigInt(String(row[name])) : Number(row[name])]),
  ) as unknown as UsageSums;
  return {
    start: interval === undefined ? null : (row.start as Date),
    group: Object.fromEntries(groups.map((group) => [group, String(row[USAGE_GROUPS[group]])])),
    ...sums,
  };
}
