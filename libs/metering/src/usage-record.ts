import type { OperationName } from '#contract';

/** ok: answered whole. error: an error, at any time. cancelled: the client went away first. */
export type CallStatus = 'ok' | 'error' | 'cancelled';

/**
 * Where the counts are from. upstream: its own usage. partial: of an answer that was left or cut before its usage came,
 * what was seen of it, counted or estimated. estimated: the answer came whole, without usage. none: nothing was heard.
 */
export type UsageSource = 'upstream' | 'partial' | 'estimated' | 'none';

/** What is kept of one call. `(requestId, at)` names it for ever: writing it twice changes nothing. */
export interface UsageRecord {
  readonly requestId: string;
  /** When the call came in, milliseconds since 1970. */
  readonly at: number;
  /** Null: the master key. */
  readonly keyId: string | null;
  /** The key's team; null: it is in none. */
  readonly teamId: string | null;
  readonly operation: OperationName;
  /** The name the client asked for; empty: the call was refused before it was read. */
  readonly model: string;
  readonly provider: string | null;
  readonly upstreamModel: string | null;
  readonly stream: boolean;
  readonly status: CallStatus;
  /** As sent; 499 where the client was gone before. */
  readonly httpStatus: number;
  readonly errorCode: string | null;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  readonly audioPromptTokens: number;
  readonly audioCompletionTokens: number;
  readonly images: number;
  readonly audioSeconds: number;
  readonly characters: number;
  readonly usageSource: UsageSource;
  /** Nano-dollars. Null: it could not be priced. */
  readonly costNanos: number | null;
  readonly latencyMs: number;
  readonly timeToFirstTokenMs: number | null;
  readonly attempts: number;
  /** The request's `user`. */
  readonly endUser: string | null;
  /**
   * Why the call was routed as it was, as JSON whose texts a database can keep (no NUL, no half of a surrogate pair);
   * absent or null: nothing was to decide.
   */
  readonly decision?: object | null | undefined;
  /** Who holds the leases that its cost was reserved from; absent: nothing was reserved for it. */
  readonly leaseHolder?: string | undefined;
}
