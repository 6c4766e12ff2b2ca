import { Registry, collectDefaultMetrics } from 'prom-client';
import type { Metric } from 'prom-client';
import type { CallMetrics, Channel, Counts, UsageSums } from './call-metrics.js';
import type { ErrorCounts } from './error-counts.js';
import type { Histogram } from './histogram.js';
import { operationWord } from './operation-word.js';
import type { Sample } from './sample.js';

/** Records that are not in the database yet. */
export interface SpoolDepth {
  readonly records: number;
  readonly bytes: number;
  /** When the oldest was written, in milliseconds since 1970, as far as is known; undefined: there is none. */
  readonly oldestAt: number | undefined;
}

/** What is known of a target. */
export interface TargetFigures {
  readonly provider: string;
  readonly model: string;
  readonly state: 'healthy' | 'cooling' | 'ejected';
  readonly inFlight: number;
  readonly attempts: number;
  readonly failures: number;
  readonly ejections: number;
}

/** Where the figures are found when Prometheus asks. */
export interface MetricsSources {
  readonly calls: CallMetrics;
  readonly errors: ErrorCounts;
  inFlight(): number;
  /** How many may be, now. */
  inFlightLimit(): number;
  spool(): SpoolDepth;
  /** The busiest first. */
  targets(): readonly TargetFigures[];
}

/** Gauges by type that are named like counters, which Prometheus' own linter refuses; each has a twin without a type. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** How figures of several processes are one, where they are neither added nor as prom-client has it. */
const RULES: Readonly<Record<string, Rule>> = {
  process_start_time_seconds: 'min',
  // Of several event loops the one that is latest matters.
  nodejs_eventloop_lag_seconds: 'max',
  nodejs_eventloop_lag_p50_seconds: 'max',
  nodejs_eventloop_lag_p90_seconds: 'max',
  nodejs_eventloop_lag_p99_seconds: 'max',
  pllm_spool_oldest_age_seconds: 'max',
  // The share of the processes that see it so: of a target's states there is one in all, as there is in one process.
  pllm_target_state: 'average',
};

type Rule = 'sum' | 'min' | 'max' | 'average';

/** All metrics, collected when they are asked for. */
export function makeRegistry(sources: MetricsSources): Registry {
  const registry = new Registry();
  observeProcess(registry);
  for (const metric of describeMetrics(sources)) {
    const { name, help, type, collect } = metric;
    const aggregator: Rule = RULES[name] ?? 'sum';
    const get = () => ({ name, help, type, values: collect(), aggregator });
    registry.registerMetric({ name, get } as unknown as Metric);
  }
  return registry;
}

/** The figures that any process has. */
export function observeProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  for (const [name, aggregator] of Object.entries(RULES)) {
    const metric = registry.getSingleMetric(name);
    if (metric) Object.assign(metric, { aggregator });
  }
}

interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  collect(): Sample[];
}

function describeMetrics({
  calls,
  errors,
  inFlight,
  inFlightLimit,
  spool,
  targets,
}: MetricsSources): Described[] {
  return [
    counter('pllm_requests_total', 'Calls that reached the request path, when they were over.', () =>
      calls.channels.flatMap((channel) =>
        [...channel.byModel.values()].flatMap((counts) => requestSamples(channel, counts)),
      ),
    ),
    times('pllm_request_duration_seconds', 'From the request to the end of its answer.', calls, 'total'),
    times('pllm_upstream_duration_seconds', 'The part of it that providers took.', calls, 'upstream'),
    times('pllm_time_to_first_token_seconds', 'Until a streamed answer began.', calls, 'firstToken'),
    times('pllm_overhead_seconds', "The gateway's own time, as in x-pllm-overhead-ms.", calls, 'overhead'),
    counter('pllm_tokens_total', 'Tokens; cached are part of prompt, reasoning of completion.', () =>
      calls.usageSums.flatMap(tokenSamples),
    ),
    counter('pllm_cost_usd_total', 'What priced calls cost, in US dollars.', () =>
      calls.usageSums
        .filter(({ costNanos }) => costNanos > 0)
        .map((sums) => ({ labels: modelLabels(sums), value: sums.costNanos / 1e9 })),
    ),
    counter('pllm_errors_total', 'Errors told to clients, by code, refused calls included.', () =>
      errors.entries.map(([code, value]) => ({ labels: { error_type: code }, value })),
    ),
    gauge('pllm_requests_in_flight', 'Calls whose answer is not complete.', inFlight),
    gauge(
      'pllm_requests_in_flight_limit',
      'How many may be: fewer while the process has too much to do.',
      inFlightLimit,
    ),
    gauge('pllm_spool_records', 'Usage records that are not in the database yet.', () => spool().records),
    gauge('pllm_spool_bytes', 'The same, in bytes.', () => spool().bytes),
    gauge('pllm_spool_oldest_age_seconds', 'How long the oldest of them has waited, at most.', () => {
      const { oldestAt } = spool();
      return oldestAt === undefined ? 0 : Math.max(0, (Date.now() - oldestAt) / 1000);
    }),
    ...describeTargets(targets),
  ];
}

/** Clients make targets up under a wildcard: so many are told of. */
const MOST_TARGETS = 40;
const TARGET_STATES = ['healthy', 'cooling', 'ejected'] as const;

function describeTargets(targets: MetricsSources['targets']): Described[] {
  const each = (read: (target: TargetFigures) => number) => () =>
    targets()
      .slice(0, MOST_TARGETS)
      .map((target) => ({ labels: targetLabels(target), value: read(target) }));
  const states = () =>
    targets()
      .slice(0, MOST_TARGETS)
      .flatMap((target) =>
        TARGET_STATES.map((state) => ({
          labels: { ...targetLabels(target), state },
          value: target.state === state ? 1 : 0,
        })),
      );
  return [
    {
      name: 'pllm_target_state',
      help: '1 for the state that a target is in.',
      type: 'gauge',
      collect: states,
    },
    {
      name: 'pllm_target_in_flight',
      help: 'Attempts at a target whose answer is not complete.',
      type: 'gauge',
      collect: each(({ inFlight }) => inFlight),
    },
    counter(
      'pllm_target_attempts_total',
      'Attempts at a target.',
      each(({ attempts }) => attempts),
    ),
    counter(
      'pllm_target_failures_total',
      'Attempts that failed by its fault.',
      each(({ failures }) => failures),
    ),
    counter(
      'pllm_target_ejections_total',
      'How often it was left alone.',
      each(({ ejections }) => ejections),
    ),
  ];
}

function targetLabels({ provider, model }: TargetFigures): Record<string, string> {
  return { gen_ai_provider_name: provider, gen_ai_request_model: model };
}

function counter(name: string, help: string, collect: () => Sample[]): Described {
  return { name, help, type: 'counter', collect };
}

function gauge(name: string, help: string, read: () => number): Described {
  return { name, help, type: 'gauge', collect: () => [{ labels: {}, value: read() }] };
}

type Times = { [Name in keyof Channel]: Channel[Name] extends Histogram ? Name : never }[keyof Channel];

function times(name: string, help: string, calls: CallMetrics, which: Times): Described {
  const collect = () =>
    calls.channels.flatMap((channel) => channel[which].samples(name, channelLabels(channel)));
  return { name, help, type: 'histogram', collect };
}

function channelLabels({ operation, provider }: Channel): Record<string, string> {
  return { gen_ai_operation_name: operationWord(operation), gen_ai_provider_name: provider };
}

function modelLabels({ model, provider }: UsageSums): Record<string, string> {
  return { gen_ai_request_model: model, gen_ai_provider_name: provider };
}

const STATUSES = ['ok', 'error', 'cancelled'] as const;

function requestSamples(channel: Channel, counts: Counts): Sample[] {
  const labels = { ...channelLabels(channel), gen_ai_request_model: counts.model };
  return STATUSES.map((status) => ({ labels: { ...labels, status }, value: counts[status] }));
}

const TOKEN_TYPES = ['prompt', 'completion', 'cached', 'reasoning'] as const;

/** A type that was never seen is left out: embeddings have no completion. */
function tokenSamples(sums: UsageSums): Sample[] {
  const labels = modelLabels(sums);
  return TOKEN_TYPES.filter((type) => sums[type] > 0).map((type) => ({
    labels: { ...labels, type },
    value: sums[type],
  }));
}
