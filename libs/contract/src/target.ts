import type { Price } from './price.js';

/** Limits of one attempt. */
export interface Timeouts {
  /** Until the connection stands. */
  readonly connect_ms: number;
  /** Until the status line of the answer, or since something of a long request was last taken. */
  readonly first_byte_ms: number;
  /** Between two pieces of the answer. */
  readonly idle_ms: number;
  /** The whole attempt. */
  readonly total_ms: number;
  /** A stream that brings fewer bytes a second, over ten seconds, is as good as dead; 0: any speed will do. */
  readonly min_bytes_per_second: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  connect_ms: 5_000,
  first_byte_ms: 60_000,
  idle_ms: 60_000,
  total_ms: 600_000,
  min_bytes_per_second: 0,
};

/** An account at an upstream, its secret in the clear: lives in memory only. */
export interface Provider {
  readonly id: string;
  readonly name: string;
  /** Name of the adapter that speaks to it. */
  readonly type: string;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly secret: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** So many attempts at once and no more; undefined: any number. */
  readonly maxParallel?: number | undefined;
}

/** One provider and upstream model that can answer. */
export interface Target {
  readonly provider: Provider;
  /** The upstream's own name for the model. */
  readonly model: string;
  /** Lower is asked earlier. */
  readonly priority: number;
  /** Its share of the calls under the strategy `weighted`, and of the turns under `round-robin`; undefined: 1. */
  readonly weight?: number | undefined;
  readonly timeouts: Timeouts;
  /** Undefined: what it costs is not known. */
  readonly price?: Price | undefined;
  /** In tokens; undefined: it is not known. */
  readonly contextWindow?: number | undefined;
  /** Of one answer, in tokens; undefined: it is not known. */
  readonly maxOutputTokens?: number | undefined;
  /** Is a call refused whose hints the provider has nothing for? Undefined: they are left out. */
  readonly isStrict?: boolean | undefined;
}
