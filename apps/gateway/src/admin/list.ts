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
