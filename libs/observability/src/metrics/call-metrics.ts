import { Histogram } from './histogram.js';

/** What is counted of a call that is over. */
export interface CountedCall {
  readonly operation: string;
  /** As the client wrote it. */
  readonly model: string;
  /** Null: the call reached none. */
  readonly provider: string | null;
  readonly status: 'ok' | 'error' | 'cancelled';
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly reasoningTokens: number;
  /** Billionths of a US dollar. */
  readonly costNanos?: number | bigint | null | undefined;
}

/** Whose time it was, in milliseconds; undefined: it did not come to that. */
export interface CallTimes {
  readonly totalMs: number;
  readonly upstreamMs: number | undefined;
  readonly firstTokenMs: number | undefined;
  /** Ours, as the client was told. */
  readonly overheadMs: number | undefined;
}

/** Sees a call when it is over. */
export interface CallObserver {
  observe(call: CountedCall, times: CallTimes): void;
}

/** In seconds; the buckets of OpenTelemetry's conventions for generative AI. */
const DURATION = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
] as const;
const FIRST_TOKEN = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
] as const;
const OVERHEAD = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1] as const;

/** Clients make up names under a wildcard: so many series have a model's name, and what is beyond is `other`. */
export const MOST_SERIES = 2_000;
/** Kept for the `other` of each operation and provider, and for forty targets. */
const RESERVED_SERIES = 500;
const SERIES_A_COUNT = 3;
const SERIES_A_USAGE = 5;

const OTHER = 'other';
/** The call reached no provider. Its model is not told: there may be none of that name. */
const NONE = 'none';

/** Of one operation, model and provider. */
export interface Counts {
  readonly model: string;
  readonly usage: UsageSums;
  ok: number;
  error: number;
  cancelled: number;
}

/** Of one model and provider. */
export interface UsageSums {
  readonly model: string;
  readonly provider: string;
  prompt: number;
  completion: number;
  cached: number;
  reasoning: number;
  costNanos: number;
}

/** Of one operation and provider. */
export interface Channel {
  readonly operation: string;
  readonly provider: string;
  readonly total: Histogram;
  readonly upstream: Histogram;
  readonly firstToken: Histogram;
  readonly overhead: Histogram;
  readonly byModel: Map<string, Counts>;
}

/** Adds calls up. It is on the path of every call: numbers in objects found by `Map`, no label is printed here. */
export class CallMetrics implements CallObserver {
  private readonly operations = new Map<string, Map<string, Channel>>();
  private readonly usages = new Map<string, Map<string, UsageSums>>();
  private series = 0;

  observe(call: CountedCall, { totalMs, upstreamMs, firstTokenMs, overheadMs }: CallTimes): void {
    const { operation, provider } = call;
    const channel = this.channel(operation, provider ?? NONE);
    channel.total.observe(totalMs / 1000);
    if (upstreamMs !== undefined) channel.upstream.observe(upstreamMs / 1000);
    if (firstTokenMs !== undefined) channel.firstToken.observe(firstTokenMs / 1000);
    if (overheadMs !== undefined) channel.overhead.observe(overheadMs / 1000);
    const model = provider === null ? NONE : call.model;
    const counts = channel.byModel.get(model) ?? this.addCounts(channel, model);
    counts[call.status]++;
    const { usage } = counts;
    usage.prompt += call.promptTokens;
    usage.completion += call.completionTokens;
    usage.cached += call.cachedTokens;
    usage.reasoning += call.reasoningTokens;
    if (call.costNanos) usage.costNanos += Number(call.costNanos);
  }

  get channels(): Channel[] {
    return [...this.operations.values()].flatMap((byProvider) => [...byProvider.values()]);
  }

  get usageSums(): UsageSums[] {
    return [...this.usages.values()].flatMap((byModel) => [...byModel.values()]);
  }

  private channel(operation: string, provider: string): Channel {
    let byProvider = this.operations.get(operation);
    if (!byProvider) this.operations.set(operation, (byProvider = new Map()));
    let channel = byProvider.get(provider);
    if (!channel) byProvider.set(provider, (channel = makeChannel(operation, provider)));
    return channel;
  }

  private addCounts(channel: Channel, model: string): Counts {
    const { byModel, provider } = channel;
    const isKnown = this.usages.get(provider)?.has(model) === true;
    const series = SERIES_A_COUNT + (isKnown ? 0 : SERIES_A_USAGE);
    const fits = this.series + series <= MOST_SERIES - RESERVED_SERIES;
    // A name that was cut from a longer text would keep all of that alive.
    const name = fits ? Buffer.from(model).toString() : OTHER;
    const known = byModel.get(name);
    if (known) return known;
    if (fits) this.series += series;
    const counts = { model: name, usage: this.usage(name, provider), ok: 0, error: 0, cancelled: 0 };
    byModel.set(name, counts);
    return counts;
  }

  private usage(model: string, provider: string): UsageSums {
    let byModel = this.usages.get(provider);
    if (!byModel) this.usages.set(provider, (byModel = new Map()));
    let sums = byModel.get(model);
    if (!sums) {
      sums = { model, provider, prompt: 0, completion: 0, cached: 0, reasoning: 0, costNanos: 0 };
      byModel.set(model, sums);
    }
    return sums;
  }
}

function makeChannel(operation: string, provider: string): Channel {
  return {
    operation,
    provider,
    total: new Histogram(DURATION),
    upstream: new Histogram(DURATION),
    firstToken: new Histogram(FIRST_TOKEN),
    overhead: new Histogram(OVERHEAD),
    byModel: new Map(),
  };
}
