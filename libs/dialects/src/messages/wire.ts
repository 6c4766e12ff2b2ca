import type { Members } from '#contract';

/** A block of a message's content, of any type. */
export type Block = Members;

/** A part, or a message, of a chat. */
export type Said = Readonly<Record<string, unknown>>;

/** What stands on a block, or a tool, up to which a prompt is kept for the next call. */
export function markOf({ cache_control: mark }: Members, hasExtensions: boolean): Said {
  return hasExtensions && mark !== undefined && mark !== null ? { cache_control: mark } : {};
}
