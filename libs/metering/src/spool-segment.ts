import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Lines } from './lines.js';

/** A file of the spool that nothing is added to any more. */
export interface Segment {
  readonly path: string;
  /** Undefined: read them from the file. */
  readonly lines: Lines | undefined;
  /** 0: nobody has read it yet. */
  readonly count: number;
  readonly length: number;
}

/** What waits for the database. */
export interface SpoolDepth {
  /** Those of earlier processes are counted when they are read. */
  readonly records: number;
  readonly bytes: number;
  /** When the file of the oldest was begun, in milliseconds since 1970; undefined: nothing waits. */
  readonly oldestAt: number | undefined;
}

/** @param segments oldest first */
export function depthOf(segments: readonly Omit<Segment, 'lines'>[]): SpoolDepth {
  return {
    records: segments.reduce((sum, { count }) => sum + count, 0),
    bytes: segments.reduce((sum, { length }) => sum + length, 0),
    oldestAt: segments[0] && begunAt(segments[0].path),
  };
}

/** A file's name begins with the time. */
function begunAt(path: string): number | undefined {
  const at = Number.parseInt(basename(path), 10);
  return Number.isNaN(at) ? undefined : at;
}

/** A file that a dead process left. */
export function leftSegment(path: string): Segment {
  return { path, lines: undefined, count: 0, length: statSync(path).size };
}
