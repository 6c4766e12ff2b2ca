import type { UsageRecord as NewUsageRecord } from '#metering';
import { CHARGE, CHARGED } from './budget-charges.js';
import type { Database, Queries } from './database.js';
import type { UsageRecord } from './generated/client.js';
import type { Page, PageRequest } from './page.js';
import { cutPage, unknownCursor } from './page.js';
import { ADD_UP, ROLLED_UP } from './usage-rollups.js';

/** Why a call was routed as it was is much, and read of one record alone. */
export type UsageRow = Omit<UsageRecord, 'decision' | 'leaseHolder'>;

export interface UsageFilter {
  readonly key?: string;
  readonly team?: string;
  readonly model?: string;
  readonly provider?: string;
  readonly status?: string;
  readonly from?: Date;
  readonly to?: Date;
}

/**
 * Column, its type in a record, and the record's member; what is not said is the column itself. A member that is
 * missing is nothing: null where that can be, else zero or false.
 */
const COLUMNS: readonly [column: string, type: string, member: keyof NewUsageRecord, value?: string][] = [
  ['request_id', 'text', 'requestId'],
  ['at', 'bigint', 'at', `'epoch'::timestamptz + "at" * interval '1 millisecond'`],
  ['key_id', 'text', 'keyId'],
  ['team_id', 'text', 'teamId'],
  ['operation', 'text', 'operation'],
  ['model', 'text', 'model'],
  ['provider', 'text', 'provider'],
  ['upstream_model', 'text', 'upstreamModel'],
  ['stream', 'boolean', 'stream', 'coalesce(stream, false)'],
  ['status', 'text', 'status'],
  ['http_status', 'int', 'httpStatus'],
  ['error_code', 'text', 'errorCode'],
  ['prompt_tokens', 'int', 'promptTokens', 'coalesce("promptTokens", 0)'],
  ['completion_tokens', 'int', 'completionTokens', 'coalesce("completionTokens", 0)'],
  ['cached_tokens', 'int', 'cachedTokens', 'coalesce("cachedTokens", 0)'],
  ['cache_write_tokens', 'int', 'cacheWriteTokens', 'coalesce("cacheWriteTokens", 0)'],
  ['reasoning_tokens', 'int', 'reasoningTokens', 'coalesce("reasoningTokens", 0)'],
  ['audio_prompt_tokens', 'int', 'audioPromptTokens', 'coalesce("audioPromptTokens", 0)'],
  ['audio_completion_tokens', 'int', 'audioCompletionTokens', 'coalesce("audioCompletionTokens", 0)'],
  ['images', 'int', 'images', 'coalesce(images, 0)'],
  ['audio_seconds', 'double precision', 'audioSeconds', 'coalesce("audioSeconds", 0)'],
  ['characters', 'int', 'characters', 'coalesce(characters, 0)'],
  ['usage_source', 'text', 'usageSource'],
  ['cost_nanos', 'bigint', 'costNanos'],
  ['latency_ms', 'int', 'latencyMs'],
  ['time_to_first_token_ms', 'int', 'timeToFirstTokenMs'],
  ['attempts', 'int', 'attempts'],
  ['end_user', 'text', 'endUser'],
  ['lease_holder', 'text', 'leaseHolder'],
  ['decision', 'json', 'decision'],
];

/**
 * One statement and one parameter for a batch, not a row at a time: this runs for every call. A record that is there
 * already stays, and is not added up, or charged, a second time.
 */
const INSERT = `WITH record AS (
  INSERT INTO usage_record (${COLUMNS.map(([column]) => column).join(', ')})
  SELECT ${COLUMNS.map(([, , member, value]) => value ?? `"${member}"`).join(', ')}
  FROM json_to_recordset($1::json) AS record(${COLUMNS.map(([, type, member]) => `"${member}" ${type}`).join(', ')})
  ON CONFLICT (request_id, at) DO NOTHING
  RETURNING ${[...ROLLED_UP, ...CHARGED].join(', ')}
), ${CHARGE}, ${ADD_UP}`;

/** @param lines records, each a line of JSON text with its line end */
export async function insertUsageRecords(database: Database, lines: Buffer): Promise<void> {
  await database.run(INSERT, [arrayOf(lines)]);
}

const LINE_FEED = 0x0a;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Lines of JSON as one JSON array. No line end stands inside of printed JSON. */
function arrayOf(lines: Buffer): Buffer {
  const array = Buffer.allocUnsafe(lines.length + 1);
  array[0] = OPEN_BRACKET;
  lines.copy(array, 1);
  for (let at = array.indexOf(LINE_FEED); at >= 0; at = array.indexOf(LINE_FEED, at + 1)) array[at] = COMMA;
  array[lines.length] = CLOSE_BRACKET;
  return array;
}

/** Newest first; the cursor is the last row's `<milliseconds>_<request id>`. */
export async function listUsageRecords(
  queries: Queries,
  filter: UsageFilter,
  page: PageRequest,
): Promise<Page<UsageRow>> {
  const rows = await queries.usageRecord.findMany({
    omit: { decision: true, leaseHolder: true },
    take: page.limit + 1,
    orderBy: [{ at: 'desc' }, { requestId: 'desc' }],
    where: {
      keyId: filter.key,
      teamId: filter.team,
      model: filter.model,
      provider: filter.provider,
      status: filter.status,
      at: { gte: filter.from, lt: filter.to },
      ...behind(page.cursor),
    },
  });
  return cutPage(rows, page);
}

export function usageCursor(row: Pick<UsageRow, 'at' | 'requestId'>): string {
  return `${row.at.getTime()}_${row.requestId}`;
}

export function findUsageRecord(queries: Queries, requestId: string): Promise<UsageRecord | null> {
  return queries.usageRecord.findFirst({ where: { requestId } });
}

function behind(cursor: string | undefined) {
  if (cursor === undefined) return {};
  const [milliseconds, ...rest] = cursor.split('_');
  const at = new Date(Number(milliseconds));
  if (Number.isNaN(at.getTime())) throw unknownCursor();
  return { OR: [{ at: { lt: at } }, { at, requestId: { lt: rest.join('_') } }] };
}
