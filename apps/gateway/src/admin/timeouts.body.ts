import { IsInt, IsOptional, Max, Min } from 'class-validator';
import type { Timeouts } from '#contract';

const LONGEST_MS = 24 * 3_600_000;

/** Limits of an attempt, in milliseconds; what is absent is inherited: target, model, provider, default. */
export class TimeoutsBody implements Partial<Timeouts> {
  @IsOptional() @IsInt() @Min(1) @Max(LONGEST_MS) connect_ms?: number;
  @IsOptional() @IsInt() @Min(1) @Max(LONGEST_MS) first_byte_ms?: number;
  @IsOptional() @IsInt() @Min(1) @Max(LONGEST_MS) idle_ms?: number;
  @IsOptional() @IsInt() @Min(1) @Max(LONGEST_MS) total_ms?: number;
}
