import { isObject } from '#contract';
import type { Members } from '#contract';

/** An item of an answer that the gateway printed: its response, and its place in it (decision 14). */
const PRINTED = /^(?:rs|msg|fc)_([0-9a-f]+)_\d+$/;

/** Does the item stand for one that was answered before? Its type may be left out. */
function referenceIn(item: unknown): string | undefined {
  if (!isObject(item) || typeof item.id !== 'string') return undefined;
  const isReference = item.type === 'item_reference' || (item.type == null && item.role === undefined);
  return isReference ? item.id : undefined;
}

/** The responses that items refer to, without those that another server printed. */
export function referredResponses(items: readonly unknown[]): string[] {
  const ids = items.flatMap((item) => {
    const [, response] = PRINTED.exec(referenceIn(item) ?? '') ?? [];
    return response === undefined ? [] : [`resp_${response}`];
  });
  return [...new Set(ids)];
}

/** The items, with what they refer to in its place as far as it is there. @param texts the responses, as JSON */
export function resolveReferences(items: readonly unknown[], texts: readonly string[]): unknown[] {
  const known = new Map<unknown, Members>();
  for (const text of texts) {
    const { output } = JSON.parse(text) as Members;
    if (Array.isArray(output)) for (const item of output.filter(isObject)) known.set(item.id, item);
  }
  return items.map((item) => known.get(referenceIn(item)) ?? item);
}
