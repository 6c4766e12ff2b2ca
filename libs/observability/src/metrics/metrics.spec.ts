import { describe, expect, it } from 'vitest';
import { CallMetrics, MOST_SERIES } from './call-metrics.js';
import type { CallTimes, CountedCall } from './call-metrics.js';
import { ErrorCounts } from './error-counts.js';
import { makeRegistry } from './exposition.js';
import { Histogram } from './histogram.js';

const CALL: CountedCall = {
  operation: 'chat',
  model: 'my-gpt',
  provider: 'openai',
  status: 'ok',
  promptTokens: 5,
  completionTokens: 3,
  cachedTokens: 1,
  reasoningTokens: 0,
};
const TIMES: CallTimes = { totalMs: 50, upstreamMs: 49, firstTokenMs: undefined, overheadMs: 0.4 };
const NO_SPOOL = { records: 0, bytes: 0, oldestAt: undefined };

const TARGETS = [
  { provider: 'openai', model: 'gpt', state: 'ejected', inFlight: 3, attempts: 9, failures: 5, ejections: 1 },
] as const;

function exposed(calls: CallMetrics, errors = new ErrorCounts(), spool = NO_SPOOL as object) {
  const load = { inFlight: () => 2, inFlightLimit: () => 100 };
  return makeRegistry({
    calls,
    errors,
    ...load,
    targets: () => TARGETS,
    spool: () => ({ ...NO_SPOOL, ...spool }),
  }).metrics();
}

/** The samples of our own metrics, each by its line up to the value. */
async function samplesOf(...given: Parameters<typeof exposed>): Promise<Record<string, number>> {
  const lines = (await exposed(...given)).split('\n').filter((line) => line.startsWith('pllm_'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

describe('a histogram', () => {
  it('counts a value in its bucket and all above, its upper end included', () => {
    const histogram = new Histogram([1, 2]);
    for (const value of [0.5, 1, 1.5, 9]) histogram.observe(value);
    expect(histogram.samples('x', { a: 'b' })).toEqual([
      { metricName: 'x_bucket', labels: { a: 'b', le: '1' }, value: 2 },
      { metricName: 'x_bucket', labels: { a: 'b', le: '2' }, value: 3 },
      { metricName: 'x_bucket', labels: { a: 'b', le: '+Inf' }, value: 4 },
      { metricName: 'x_sum', labels: { a: 'b' }, value: 12 },
      { metricName: 'x_count', labels: { a: 'b' }, value: 4 },
    ]);
  });

  it('is silent as long as it is empty', () => {
    expect(new Histogram([1]).samples('x', {})).toEqual([]);
  });
});

describe('the metrics of calls', () => {
  it('add up requests, times, tokens and cost', async () => {
    const calls = new CallMetrics();
    calls.observe({ ...CALL, costNanos: 1_500_000_000n }, TIMES);
    calls.observe({ ...CALL, costNanos: 500_000_000 }, { ...TIMES, firstTokenMs: 30 });
    calls.observe({ ...CALL, status: 'cancelled', costNanos: null }, TIMES);
    calls.observe({ ...CALL, operation: 'completions' }, TIMES);
    const samples = await samplesOf(calls);
    const of = 'gen_ai_operation_name="chat",gen_ai_provider_name="openai"';
    const model = 'gen_ai_request_model="my-gpt"';
    expect(samples).toMatchObject({
      [`pllm_requests_total{${of},${model},status="ok"}`]: 2,
      [`pllm_requests_total{${of},${model},status="error"}`]: 0,
      [`pllm_requests_total{${of},${model},status="cancelled"}`]: 1,
      [`pllm_requests_total{${of.replace('chat', 'text_completion')},${model},status="ok"}`]: 1,
      [`pllm_request_duration_seconds_bucket{${of},le="0.04"}`]: 0,
      [`pllm_request_duration_seconds_bucket{${of},le="0.08"}`]: 3,
      [`pllm_request_duration_seconds_count{${of}}`]: 3,
      [`pllm_upstream_duration_seconds_count{${of}}`]: 3,
      [`pllm_time_to_first_token_seconds_sum{${of}}`]: 0.03,
      [`pllm_time_to_first_token_seconds_count{${of}}`]: 1,
      [`pllm_overhead_seconds_bucket{${of},le="0.00025"}`]: 0,
      [`pllm_overhead_seconds_bucket{${of},le="0.0005"}`]: 3,
      [`pllm_tokens_total{${model},gen_ai_provider_name="openai",type="prompt"}`]: 20,
      [`pllm_tokens_total{${model},gen_ai_provider_name="openai",type="completion"}`]: 12,
      [`pllm_tokens_total{${model},gen_ai_provider_name="openai",type="cached"}`]: 4,
      [`pllm_cost_usd_total{${model},gen_ai_provider_name="openai"}`]: 2,
    });
    expect(Object.keys(samples).filter((name) => name.includes('reasoning'))).toEqual([]);
  });

  it('tell no name of a model that no provider was asked for', async () => {
    const calls = new CallMetrics();
    calls.observe({ ...CALL, provider: null, model: 'made-up', status: 'error' }, TIMES);
    const samples = await samplesOf(calls);
    expect(Object.keys(samples).join()).not.toContain('made-up');
    const labels =
      'gen_ai_operation_name="chat",gen_ai_provider_name="none",gen_ai_request_model="none",status="error"';
    expect(samples[`pllm_requests_total{${labels}}`]).toBe(1);
  });

  it('have a bounded number of series, whatever names clients make up, and lose no call', async () => {
    const calls = new CallMetrics();
    for (let serial = 0; serial < 10_000; serial++) {
      const call = { ...CALL, model: `openai/${serial}`, reasoningTokens: 1, costNanos: 1 };
      for (const operation of ['chat', 'embeddings']) calls.observe({ ...call, operation }, TIMES);
    }
    calls.observe({ ...CALL, model: 'openai/1' }, TIMES);
    const samples = await samplesOf(calls);
    const names = Object.keys(samples);
    expect(names.filter((name) => name.includes('gen_ai_request_model')).length).toBeLessThan(MOST_SERIES);
    expect(names.length).toBeLessThan(MOST_SERIES);
    const sumOf = (start: string) =>
      names.filter((name) => name.startsWith(start)).reduce((sum, name) => sum + (samples[name] ?? 0), 0);
    expect(sumOf('pllm_requests_total')).toBe(20_001);
    expect(names.filter((name) => name.includes('"other"'))).toHaveLength(2 * 3 + 5);
    const first =
      'gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="openai/1"';
    expect(samples[`pllm_requests_total{${first},status="ok"}`]).toBe(2);
  });

  it('escape what a client wrote', async () => {
    const calls = new CallMetrics();
    calls.observe({ ...CALL, model: 'a"b\\c\nd\u2028é' }, TIMES);
    const text = await exposed(calls);
    expect(text).toContain('gen_ai_request_model="a\\"b\\\\c\\nd\u2028é"');
  });
});

describe('the other metrics', () => {
  it('are asked for when Prometheus asks', async () => {
    const errors = new ErrorCounts();
    for (const code of ['invalid_api_key', 'rate_limit_exceeded', 'invalid_api_key']) errors.see(code);
    const spool = { records: 7, bytes: 900, oldestAt: Date.now() - 60_000 };
    const samples = await samplesOf(new CallMetrics(), errors, spool);
    expect(samples).toMatchObject({
      'pllm_errors_total{error_type="invalid_api_key"}': 2,
      'pllm_errors_total{error_type="rate_limit_exceeded"}': 1,
      pllm_requests_in_flight: 2,
      pllm_spool_records: 7,
      pllm_spool_bytes: 900,
    });
    expect(samples.pllm_spool_oldest_age_seconds).toBeGreaterThanOrEqual(60);
  });

  it('tell of the process', async () => {
    const text = await exposed(new CallMetrics());
    for (const name of [
      'nodejs_eventloop_lag_p99_seconds',
      'process_cpu_seconds_total',
      'nodejs_heap_size_used_bytes',
    ]) {
      expect(text).toContain(`\n${name} `);
    }
  });
});
