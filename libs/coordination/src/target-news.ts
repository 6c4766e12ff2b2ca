import type { Change } from './change.js';

/** What a gateway found out of a target, for the others. */
export interface TargetNews {
  /** Which gateway says so. */
  readonly from: string;
  readonly providerId: string;
  /** The upstream's own name. */
  readonly model: string;
  readonly state: 'healthy' | 'cooling' | 'ejected';
  /** For how long, in milliseconds from now: clocks differ. */
  readonly remainingMs: number;
  readonly reason: string | undefined;
}

/** The kind of a change that carries its news in it: nothing is to be read anew. */
export const TARGET = 'target';

export function encodeTargetNews({
  from,
  providerId,
  model,
  state,
  remainingMs,
  reason,
}: TargetNews): Change {
  return {
    kind: TARGET,
    id: JSON.stringify([from, providerId, model, state, Math.round(remainingMs), reason]),
  };
}

const STATES: readonly unknown[] = ['healthy', 'cooling', 'ejected'] satisfies TargetNews['state'][];
/** Nobody leaves a target alone for longer because somebody said so. */
const LONGEST_MS = 24 * 3_600_000;

/** Undefined: it is none; anybody may write to a channel. */
export function decodeTargetNews({ kind, id }: Change): TargetNews | undefined {
  if (kind !== TARGET) return undefined;
  try {
    const [from, providerId, model, state, remainingMs, reason] = JSON.parse(id) as unknown[];
    const areTexts = [from, providerId, model].every((text) => typeof text === 'string');
    const isTime = typeof remainingMs === 'number' && remainingMs >= 0 && remainingMs <= LONGEST_MS;
    if (!areTexts || !isTime || !STATES.includes(state)) return undefined;
    return { from, providerId, model, state, remainingMs, reason: reason ?? undefined } as TargetNews;
  } catch {
    return undefined;
  }
}
