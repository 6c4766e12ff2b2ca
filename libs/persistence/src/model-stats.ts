import type { Queries } from './database.js';

/** `[from, to)` */
export interface Window {
  readonly from: Date;
  readonly to: Date;
}

/** Milliseconds, of the calls that were answered; null where none was. */
export interface Percentiles {
  readonly avg: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** How the calls of a model did, or those of one of its targets. */
export interface StatsRow {
  readonly model: string;
  /** Null: of the model, whatever its target. */
  readonly target: { readonly provider: string; readonly model: string } | null;
  readonly requests: number;
  readonly errors: number;
  readonly cancelled: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Nano-dollars, of the calls that could be priced; null: none could. */
  readonly costNanos: bigint | null;
  /** Calls that could not. */
  readonly unpriced: number;
  readonly latencyMs: Percentiles;
  readonly timeToFirstTokenMs: Percentiles;
  /** Completion tokens by the time that their calls took. */
  readonly tokensPerSecond: number | null;
}

type Figure = 'avg' | 'p50' | 'p95' | 'p99';
type RawRow = Record<`${'latency' | 'first'}_${Figure}` | 'tokens_per_second', number | null> &
  Record<'requests' | 'errors' | 'cancelled' | 'prompt_tokens' | 'completion_tokens' | 'unpriced', number> & {
    model: string;
    provider: string | null;
    upstream_model: string | null;
    is_total: number;
    cost_nanos: string | null;
  };

const ANSWERED = `FILTER (WHERE status = 'ok')`;

const figures = (column: string, name: string): string =>
  [
    `avg(${column}) ${ANSWERED}::float8 AS ${name}_avg`,
    ...[50, 95, 99].map(
      (part) =>
        `percentile_cont(0.${part}) WITHIN GROUP (ORDER BY ${column}) ${ANSWERED} AS ${name}_p${part}`,
    ),
  ].join(', ');

/** One pass over the window, for models and for their targets. */
const STATS = `SELECT model, provider, upstream_model, grouping(provider)::int AS is_total,
  count(*)::float8 AS requests,
  (count(*) FILTER (WHERE status = 'error'))::float8 AS errors,
  (count(*) FILTER (WHERE status = 'cancelled'))::float8 AS cancelled,
  sum(prompt_tokens)::float8 AS prompt_tokens,
  sum(completion_tokens)::float8 AS completion_tokens,
  sum(cost_nanos)::text AS cost_nanos,
  (count(*) FILTER (WHERE cost_nanos IS NULL))::float8 AS unpriced,
  (sum(completion_tokens) ${ANSWERED} * 1000.0 / nullif(sum(latency_ms) ${ANSWERED}, 0))::float8 AS tokens_per_second,
  ${figures('latency_ms', 'latency')},
  ${figures('time_to_first_token_ms', 'first')}
FROM usage_record WHERE at >= $1 AND at < $2
GROUP BY GROUPING SETS ((model), (model, provider, upstream_model))
ORDER BY model, is_total DESC, provider, upstream_model`;

/** Rows by model; of each model first the whole, then its targets. */
export async function readModelStats(queries: Queries, { from, to }: Window): Promise<StatsRow[]> {
  const rows = await queries.$queryRawUnsafe<RawRow[]>(STATS, from, to);
  return rows.map(toStats);
}

function toStats(row: RawRow): StatsRow {
  const percentiles = (name: 'latency' | 'first'): Percentiles => ({
    avg: row[`${name}_avg`],
    p50: row[`${name}_p50`],
    p95: row[`${name}_p95`],
    p99: row[`${name}_p99`],
  });
  return {
    model: row.model,
    target: row.is_total ? null : { provider: row.provider ?? '', model: row.upstream_model ?? '' },
    requests: row.requests,
    errors: row.errors,
    cancelled: row.cancelled,
    promptTokens: row.prompt_tokens,
    completionTokens: row.completion_tokens,
    costNanos: row.cost_nanos === null ? null : BigInt(row.cost_nanos),
    unpriced: row.unpriced,
    latencyMs: percentiles('latency'),
    timeToFirstTokenMs: percentiles('first'),
    tokensPerSecond: row.tokens_per_second,
  };
}
