import { IsInt, Max, Min } from 'class-validator';
import type { Timeouts } from '#contract';
import { IfGiven } from './if-given.js';

const LONGEST_MS = 24 * 3_600_000;
const MOST_BYTES = 1_000_000_000;

/** Limits of an attempt; what is absent is inherited: target, model, provider, default. */
export class TimeoutsBody implements Partial<Timeouts> {
  @IfGiven() @IsInt() @Min(1) @Max(LONGEST_MS) connect_ms?: number;
  @IfGiven() @IsInt() @Min(1) @Max(LONGEST_MS) first_byte_ms?: number;
  @IfGiven() @IsInt() @Min(1) @Max(LONGEST_MS) idle_ms?: number;
  @IfGiven() @IsInt() @Min(1) @Max(LONGEST_MS) total_ms?: number;
  /** Of a stream, over ten seconds. */
  @IfGiven() @IsInt() @Min(0) @Max(MOST_BYTES) min_bytes_per_second?: number;
}
