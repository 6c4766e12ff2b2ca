import { IsInt, Max, Min } from 'class-validator';
import type { RateLimits } from '#contract';
import { IfGiven } from './if-given.js';

/** More than any gateway does, and an integer in every database. */
const MOST_CALLS = 1_000_000;
const MOST_TOKENS = 1_000_000_000;

/** What a key or a model may have at most; what is absent has no bound. */
export class LimitsBody implements RateLimits {
  /** Requests in any window of 60 seconds. */
  @IfGiven() @IsInt() @Min(1) @Max(MOST_CALLS) rpm?: number;
  /** Tokens, of prompts and answers, in any window of 60 seconds. */
  @IfGiven() @IsInt() @Min(1) @Max(MOST_TOKENS) tpm?: number;
  /** Calls at the same time. */
  @IfGiven() @IsInt() @Min(1) @Max(MOST_CALLS) parallel?: number;
}
