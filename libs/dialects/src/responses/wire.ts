import type { Members } from '#contract';

/** A part, a message or a member of a chat; an item or a part of a response. */
export type Said = Members;

/** The call's id as that of an object of the answer; `place` is the item's in the output. */
export function idOf(prefix: 'resp' | 'rs' | 'msg' | 'fc', requestId: string, place?: number): string {
  const own = `${prefix}_${requestId.replace(/^req_/, '')}`;
  return place === undefined ? own : `${own}_${place}`;
}
