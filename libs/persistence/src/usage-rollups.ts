/** What rows of a rollup are told apart by, beside their time; each as it is made from a record's columns. */
const DIMENSIONS = {
  key_id: `coalesce(key_id, '')`,
  team_id: `coalesce(team_id, '')`,
  // Names that nobody has are made up by clients: they would be rows without end.
  model: `CASE WHEN provider IS NULL AND error_code = 'model_not_found' THEN '' ELSE model END`,
  provider: `coalesce(provider, '')`,
  upstream_model: `coalesce(upstream_model, '')`,
  operation: 'operation',
} as const;

/** What is added up, each as it is made from records. */
const SUMS = {
  requests: 'count(*)',
  errors: `count(*) FILTER (WHERE status = 'error')`,
  cancelled: `count(*) FILTER (WHERE status = 'cancelled')`,
  unpriced: 'count(*) FILTER (WHERE cost_nanos IS NULL)',
  prompt_tokens: 'sum(prompt_tokens)',
  completion_tokens: 'sum(completion_tokens)',
  cached_tokens: 'sum(cached_tokens)',
  cache_write_tokens: 'sum(cache_write_tokens)',
  reasoning_tokens: 'sum(reasoning_tokens)',
  audio_prompt_tokens: 'sum(audio_prompt_tokens)',
  audio_completion_tokens: 'sum(audio_completion_tokens)',
  images: 'sum(images)',
  audio_seconds: 'sum(audio_seconds)',
  characters: 'sum(characters)',
  cost_nanos: 'coalesce(sum(cost_nanos), 0)',
} as const;

export type RollupSum = keyof typeof SUMS;
export const ROLLUP_SUMS = Object.keys(SUMS) as RollupSum[];

/** The columns of a record that a rollup is made of. */
export const ROLLED_UP: readonly string[] = [
  'at',
  'key_id',
  'team_id',
  'model',
  'provider',
  'upstream_model',
  'operation',
  'status',
  'error_code',
  ...ROLLUP_SUMS.filter((name) => SUMS[name].includes(`(${name})`)),
];

/** The columns that rows of a rollup are told apart by, beside their time. */
export const ROLLUP_NAMES = Object.keys(DIMENSIONS);
const NAMES = ROLLUP_NAMES;
const ORDER = [1, ...NAMES.map((_, index) => index + 2)].join(', ');

/** The hours of the records of a query or a table. */
export const hoursOf = (records: string): string =>
  `SELECT date_trunc('hour', at, 'UTC') AS hour, ${aliased(DIMENSIONS)}, ${aliased(SUMS)}
  FROM ${records} GROUP BY ${ORDER}`;

/** The days of hours. */
export const daysOf = (hours: string): string =>
  `SELECT date_trunc('day', hour, 'UTC') AS day, ${NAMES.join(', ')}, ${ROLLUP_SUMS.map((name) => `sum(${name}) AS ${name}`).join(', ')}
  FROM ${hours} GROUP BY ${ORDER}`;

/**
 * Adds the records of the query `record` to both rollups. Rows are written in one order, so that two processes
 * which write the same ones wait for each other instead of dying together.
 */
export const ADD_UP = `news AS MATERIALIZED (
  ${hoursOf('record')}
), hours AS (
  ${upsert('hour', `SELECT hour, ${NAMES.join(', ')}, ${ROLLUP_SUMS.join(', ')} FROM news ORDER BY ${ORDER}`)}
)
${upsert('day', `${daysOf('news')} ORDER BY ${ORDER}`)}`;

function upsert(span: 'hour' | 'day', select: string): string {
  const table = `usage_${span}`;
  const added = ROLLUP_SUMS.map((name) => `${name} = ${table}.${name} + excluded.${name}`);
  return `INSERT INTO ${table} (${[span, ...NAMES, ...ROLLUP_SUMS].join(', ')})
  ${select}
  ON CONFLICT (${[span, ...NAMES].join(', ')}) DO UPDATE SET ${added.join(', ')}`;
}

function aliased(columns: Readonly<Record<string, string>>): string {
  return Object.entries(columns)
    .map(([name, value]) => `${value} AS ${name}`)
    .join(', ');
}
