import { IsInt, IsNumber, Max, Min } from 'class-validator';
import { IfGiven } from './if-given.js';

/** How hard a call is tried; what is absent is the default. */
export class RetryBody {
  /** The most attempts of one call, at all targets together. */
  @IfGiven() @IsInt() @Min(1) @Max(10) attempts?: number;
  /** Of the calls that a target got lately, the share that may be asked of it again. */
  @IfGiven() @IsNumber() @Min(0) @Max(1) budget_ratio?: number;
}
