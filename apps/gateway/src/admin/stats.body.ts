import { IsOptional } from 'class-validator';
import { IsTime } from './is-time.js';

/** `?from=&to=`; without them the last 24 hours, this moment included. */
export class WindowQuery {
  @IsOptional() @IsTime() from?: string;
  @IsOptional() @IsTime() to?: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

export function toWindow({ from, to }: WindowQuery): { from: Date; to: Date } {
  // What is recorded in this very millisecond belongs to it.
  const end = to === undefined ? new Date(Date.now() + 1) : new Date(to);
  return { from: from === undefined ? new Date(end.getTime() - DAY_MS) : new Date(from), to: end };
}
