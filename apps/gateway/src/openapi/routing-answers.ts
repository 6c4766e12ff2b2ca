import { COUNT, NUMBER, NUMBER_OR_NULL, TEXT, TEXT_OR_NULL, listOf, one, own } from './schema-words.js';

const PERCENTILES = own({
  avg: NUMBER_OR_NULL,
  p50: NUMBER_OR_NULL,
  p95: NUMBER_OR_NULL,
  p99: NUMBER_OR_NULL,
});

/** A target in a plan. */
const PLANNED = {
  model: TEXT,
  provider: TEXT,
  upstream_model: TEXT,
  expected_cost_usd: TEXT_OR_NULL,
  priority: COUNT,
  weight: COUNT,
};

/** What the admin API tells of models and their targets. */
export const ROUTING = {
  ModelStats: own({
    model: TEXT,
    requests: COUNT,
    errors: COUNT,
    error_rate: NUMBER,
    cancelled: COUNT,
    prompt_tokens: COUNT,
    completion_tokens: COUNT,
    cost_usd: TEXT_OR_NULL,
    unpriced: COUNT,
    latency_ms: PERCENTILES,
    time_to_first_token_ms: PERCENTILES,
    tokens_per_second: NUMBER_OR_NULL,
    targets: listOf(
      own({
        provider: TEXT,
        model: TEXT,
        state: TEXT,
        requests: COUNT,
        errors: COUNT,
        latency_ms: PERCENTILES,
      }),
    ),
  }),
  ModelExplanation: own({
    object: one('model.explanation'),
    model: TEXT,
    operation: TEXT,
    strategy: TEXT,
    fallbacks: listOf(TEXT),
    retry: own({ attempts: COUNT, budget_ratio: NUMBER }),
    plan: listOf(own({ ...PLANNED, score: NUMBER_OR_NULL, reason: TEXT })),
    passed_over: listOf(own({ ...PLANNED, reason: TEXT, because: TEXT_OR_NULL })),
  }),
};
