import { isObject } from '#contract';
import type { Thought } from './blocks.js';

/** A message's `thinking_blocks`, as they were given to the client; nobody takes any back that is not signed. */
export function readThoughts(blocks: unknown): Thought[] {
  if (!Array.isArray(blocks)) return [];
  return blocks.filter(isObject).flatMap(({ type, thinking, signature, data }): Thought[] => {
    if (type === 'redacted_thinking' && typeof data === 'string') return [{ type, data }];
    if (type !== 'thinking' || typeof signature !== 'string' || signature === '') return [];
    return [{ type, thinking: typeof thinking === 'string' ? thinking : '', signature }];
  });
}
