import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import type { Page, PageRequest } from '#persistence';

/** `?limit=&cursor=` of every list. */
export class ListQuery {
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(1_000) limit?: number;
  @IsOptional() @IsString() @MaxLength(300) cursor?: string;
}

const DEFAULT_LIMIT = 50;

export function toPageRequest(query: ListQuery): PageRequest {
  return { limit: query.limit ?? DEFAULT_LIMIT, cursor: query.cursor };
}

/** The list object of the admin API; `cursorOf` names the last row for the next page. */
export function toList<Row>(page: Page<Row>, toView: (row: Row) => unknown, cursorOf: (row: Row) => string) {
  const last = page.rows.at(-1);
  return {
    object: 'list',
    data: page.rows.map(toView),
    has_more: page.hasMore,
    next_cursor: page.hasMore && last ? cursorOf(last) : null,
  };
}

/** A list that begins with declared rows and goes on with stored ones; the cursor is a row's id. */
export async function declaredFirst<Row extends { readonly id: string }>(
  declared: readonly Row[],
  page: PageRequest,
  list: (rest: PageRequest) => Promise<Page<Row>>,
): Promise<Page<Row>> {
  const at = declared.findIndex(({ id }) => id === page.cursor);
  if (page.cursor !== undefined && at < 0) return list(page);
  const rows = declared.slice(at + 1, at + 1 + page.limit);
  if (at + 1 + rows.length < declared.length) return { rows, hasMore: true };
  // Where no row is left to show, there may be one more to tell of.
  const room = page.limit - rows.length;
  const rest = await list({ limit: Math.max(room, 1), cursor: undefined });
  if (room === 0) return { rows, hasMore: rest.rows.length > 0 };
  return { rows: [...rows, ...rest.rows], hasMore: rest.hasMore };
}
