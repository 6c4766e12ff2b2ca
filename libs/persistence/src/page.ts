import { GatewayError } from '#contract';

/** A piece of a list: at most `limit` rows behind the row with the id `cursor`. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor: string | undefined;
}

export interface Page<Row> {
  readonly rows: Row[];
  readonly hasMore: boolean;
}

/** Newest first; one row more than asked for, to know whether there are more. */
export function pageQuery({ limit, cursor }: PageRequest) {
  return {
    take: limit + 1,
    orderBy: [{ createdAt: 'desc' as const }, { id: 'desc' as const }],
    ...(cursor === undefined ? {} : { cursor: { id: cursor }, skip: 1 }),
  };
}

export function cutPage<Row>(rows: Row[], { limit }: PageRequest): Page<Row> {
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit };
}

/** A cursor that no list gave out. */
export function unknownCursor(): GatewayError {
  return new GatewayError('invalid_value', { param: 'cursor', message: "Invalid 'cursor'." });
}
