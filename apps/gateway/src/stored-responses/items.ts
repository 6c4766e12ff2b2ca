import { isObject } from '#contract';
import type { ResponsesRequest } from '#contract';
import type { StoredResponse } from '#persistence';

/** The items of an input, a plain text among them. */
export function itemsOf(input: ResponsesRequest['input']): readonly unknown[] {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }];
  return input ?? [];
}

/** What a turn adds to the next one's input: what was asked, and what was answered. */
export function turnItems({ input, response }: Pick<StoredResponse, 'input' | 'response'>): unknown[] {
  const { output } = JSON.parse(response) as { output?: unknown };
  return [...(JSON.parse(input) as unknown[]), ...(Array.isArray(output) ? (output as unknown[]) : [])];
}

/** Which of the items are asked for. */
export interface ItemsPage {
  /** Undefined: 20. */
  readonly limit?: number;
  /** Undefined: the last one first. */
  readonly order?: 'asc' | 'desc';
  /** The id of the item that the page begins behind. */
  readonly after?: string;
}

const DEFAULT_LIMIT = 20;

/** `GET /responses/{id}/input_items` */
export function listInputItems(
  { id, input }: Pick<StoredResponse, 'id' | 'input'>,
  { limit = DEFAULT_LIMIT, order = 'desc', after }: ItemsPage,
) {
  const items = (JSON.parse(input) as unknown[]).map((item, at) => toResource(item, `msg_${id}_${at}`));
  if (order === 'desc') items.reverse();
  const from = after === undefined ? 0 : items.findIndex((item) => item.id === after) + 1;
  const data = items.slice(from, from + limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: from + data.length < items.length,
  };
}

/** An item as it is shown: with an id, a type, and parts where it had a text. */
function toResource(given: unknown, id: string): Record<string, unknown> {
  const item = isObject(given) ? given : {};
  const { type = 'message', content } = item;
  if (typeof content !== 'string') return { id, type, ...item };
  const part =
    item.role === 'assistant'
      ? { type: 'output_text', text: content, annotations: [] }
      : { type: 'input_text', text: content };
  return { id, type, ...item, content: [part] };
}
