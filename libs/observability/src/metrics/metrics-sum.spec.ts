import { describe, expect, it } from 'vitest';
import { CallMetrics } from './call-metrics.js';
import { ErrorCounts } from './error-counts.js';
import { makeRegistry } from './exposition.js';
import type { TargetFigures } from './exposition.js';
import { MetricsSum, readFigures } from './metrics-sum.js';

const CALL = {
  operation: 'chat',
  model: 'my-gpt',
  provider: 'openai',
  status: 'ok',
  promptTokens: 5,
  completionTokens: 3,
  cachedTokens: 0,
  reasoningTokens: 0,
} as const;
const TIMES = { totalMs: 50, upstreamMs: 49, firstTokenMs: undefined, overheadMs: 0.4 };
const TARGET = { provider: 'openai', model: 'gpt', inFlight: 1, attempts: 9, failures: 0, ejections: 0 };

/** A process that has had so many calls. */
function makeProcess(calls: number, state: TargetFigures['state'] = 'healthy', waitedMs = 0) {
  const counted = new CallMetrics();
  const observe = (count: number): void => {
    for (let call = 0; call < count; call++) counted.observe(CALL, TIMES);
  };
  observe(calls);
  const registry = makeRegistry({
    calls: counted,
    errors: new ErrorCounts(),
    inFlight: () => calls,
    inFlightLimit: () => 100,
    spool: () => ({ records: 1, bytes: 10, oldestAt: Date.now() - waitedMs }),
    targets: () => [{ ...TARGET, state }],
  });
  return { observe, figures: async () => structuredClone(await readFigures(registry)) };
}

type Process = ReturnType<typeof makeProcess>;

/** Of processes by their numbers, which may come and go. */
function sumOf(processes: Map<number, Process>) {
  const sum = new MetricsSum(async () => {
    const asked = [...processes].map(async ([id, each]) => [id, await each.figures()] as const);
    return new Map(await Promise.all(asked));
  });
  return {
    sum,
    read: async (start: string): Promise<number[]> => {
      const lines = (await sum.metrics()).split('\n').filter((line) => line.startsWith(start));
      return lines.map((line) => Number(line.slice(line.lastIndexOf(' '))));
    },
  };
}

describe('the metrics of several processes', () => {
  it.each([
    ['calls', 'pllm_requests_total{', [5, 0, 0]],
    ['times', 'pllm_request_duration_seconds_count', [5]],
    ['times, bucket by bucket', 'pllm_request_duration_seconds_bucket', [0, 0, 0, ...Array(12).fill(5)]],
    ['what is there now', 'pllm_requests_in_flight ', [5]],
    ['records that wait', 'pllm_spool_records', [2]],
    ['a target that they see in two ways', 'pllm_target_state{', [0.5, 0, 0.5]],
    ['attempts at it', 'pllm_target_attempts_total', [18]],
  ])('are those of one: %s', async (_, start, expected) => {
    const processes = new Map([
      [1, makeProcess(2)],
      [2, makeProcess(3, 'ejected')],
    ]);
    expect(await sumOf(processes).read(start)).toEqual(expected);
  });

  it('tell of the one that waits longest, and of the start of the first', async () => {
    const { read } = sumOf(
      new Map([
        [1, makeProcess(1, 'healthy', 90_000)],
        [2, makeProcess(1, 'healthy', 1_000)],
      ]),
    );
    const [oldest = 0] = await read('pllm_spool_oldest_age_seconds');
    expect(Math.floor(oldest)).toBe(90);
    const [start = 0] = await read('process_start_time_seconds');
    expect(start).toBeGreaterThan(1e9);
    expect(start).toBeLessThan(Date.now() / 1000);
  });

  it('do not shrink when one dies, and no figure of the moment is left of it', async () => {
    const processes = new Map([
      [1, makeProcess(2)],
      [2, makeProcess(3)],
    ]);
    const { sum, read } = sumOf(processes);
    expect(await read('pllm_requests_in_flight ')).toEqual([5]);
    for (const id of [2, 1]) {
      processes.delete(id);
      sum.forget(id);
    }
    sum.forget(7);
    processes.set(3, makeProcess(4));
    expect(await read('pllm_requests_total{')).toEqual([9, 0, 0]);
    expect(await read('pllm_request_duration_seconds_count')).toEqual([9]);
    expect(await read('pllm_requests_in_flight ')).toEqual([4]);
    processes.get(3)?.observe(1);
    expect(await read('pllm_requests_total{')).toEqual([10, 0, 0]);
  });

  it('are not told when one of them says nothing: the sum would be less than it was', async () => {
    const sum = new MetricsSum(() => Promise.reject(new Error('no answer')));
    await expect(sum.metrics()).rejects.toThrow('no answer');
  });
});
