/** Something was made, changed or taken away. It says what to read anew, never what is new. */
export interface Change {
  /** `key`, `model`, `provider`, … as in the audit log. */
  readonly kind: string;
  readonly id: string;
}

/** The channel of Postgres and of Redis. */
export const CHANGE_CHANNEL = 'pllm_change';

/** Postgres takes no more than 8,000 bytes. */
const LONGEST_ID = 1_000;

export function encodeChange({ kind, id }: Change): string {
  return JSON.stringify({ kind, id: id.slice(0, LONGEST_ID) });
}

/** Undefined: it is none of ours; anybody may write to a channel. */
export function decodeChange(text: string): Change | undefined {
  try {
    const { kind, id } = JSON.parse(text) as Record<string, unknown>;
    return typeof kind === 'string' && typeof id === 'string' ? { kind, id } : undefined;
  } catch {
    return undefined;
  }
}
