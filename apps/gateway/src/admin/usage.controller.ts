import { Controller, Get, Query } from '@nestjs/common';
import { printDollars } from '#metering';
import type { UsageGroup, UsagePage, UsageQuery, UsageSums, UsageTotals } from '#persistence';
import { Database, findProviderCalled, readUsageSum, readUsageTotals, unknownCursor } from '#persistence';
import { CurrentCaller } from '../auth/caller.js';
import type { Caller } from '../auth/caller.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { adminQuery } from './admin-body.pipe.js';
import { csvFile } from './csv.js';
import { toPageRequest } from './list.js';
import { toWindow } from './stats.body.js';
import { UsageQueryBody, groupsOf } from './usage.body.js';

const CSV_PAGE = 1_000;

/** What was used, added up. A member sees what its own key used. */
@Controller(V1_ADMIN)
export class UsageController {
  constructor(private readonly database: Database) {}

  @Get('usage')
  async read(@Query(adminQuery(UsageQueryBody)) asked: UsageQueryBody, @CurrentCaller() caller: Caller) {
    const query = await this.toQuery(asked, caller);
    if (asked.format === 'csv') return csvFile('usage', columnsOf(query), this.csvPages(query));
    const { limit, cursor } = toPageRequest(asked);
    const after = decodeCursor(cursor);
    const { rows, totals } = await this.database.read(async (queries) => ({
      rows: await readUsageTotals(queries, query, { limit: limit + 1, after }),
      totals: await readUsageSum(queries, query),
    }));
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      object: 'list',
      window: { from: query.from, to: query.to },
      data: shown.map(toView),
      totals: sumsView(totals),
      has_more: rows.length > limit,
      next_cursor: rows.length > limit && last ? encodeCursor(last) : null,
    };
  }

  private async toQuery(asked: UsageQueryBody, caller: Caller): Promise<UsageQuery> {
    const { key, team, model, operation } = asked;
    const provider = asked.provider === undefined ? undefined : await this.nameOf(asked.provider);
    const isMember = caller.role === 'member';
    // Another's key is one that used nothing.
    const ofKey =
      isMember && key !== undefined && key !== caller.keyId ? '\u{fffd}' : isMember ? caller.keyId : key;
    const filter = { key: ofKey ?? undefined, team, model, provider, operation };
    return { ...toWindow(asked), groups: groupsOf(asked.group_by), interval: asked.interval, filter };
  }

  private async nameOf(provider: string): Promise<string> {
    const row = await this.database.read((queries) => findProviderCalled(queries, provider));
    return row?.name ?? provider;
  }

  private async *csvPages(query: UsageQuery) {
    let after: UsagePage['after'];
    for (;;) {
      const page = { limit: CSV_PAGE, after };
      const rows = await this.database.read((queries) => readUsageTotals(queries, query, page));
      yield rows.map((row) => Object.values(toCells(row, query)));
      after = rows.at(-1);
      if (rows.length < CSV_PAGE) return;
    }
  }
}

function toView(row: UsageTotals) {
  return { object: 'usage', start: row.start, ...groupView(row.group), ...sumsView(row) };
}

/** Null: no key (the master key), no team, no provider that was asked, a model that nobody knows. */
function groupView(group: UsageTotals['group']) {
  return Object.fromEntries(
    Object.entries(group).map(([name, value]) => [name, value === '' ? null : value]),
  );
}

function sumsView(sums: UsageSums) {
  return {
    requests: sums.requests,
    errors: sums.errors,
    cancelled: sums.cancelled,
    unpriced: sums.unpriced,
    prompt_tokens: sums.prompt_tokens,
    completion_tokens: sums.completion_tokens,
    cached_tokens: sums.cached_tokens,
    cache_write_tokens: sums.cache_write_tokens,
    reasoning_tokens: sums.reasoning_tokens,
    audio_prompt_tokens: sums.audio_prompt_tokens,
    audio_completion_tokens: sums.audio_completion_tokens,
    images: sums.images,
    audio_seconds: sums.audio_seconds,
    characters: sums.characters,
    cost_usd: costView(sums),
  };
}

/** Of the calls that could be priced; null where none could. */
function costView({ requests, unpriced, cost_nanos }: UsageSums): string | null {
  return requests > 0 && unpriced === requests ? null : printDollars(cost_nanos);
}

function toCells(row: UsageTotals, { interval }: UsageQuery) {
  return { ...(interval && { start: row.start }), ...groupView(row.group), ...sumsView(row) };
}

function columnsOf({ groups, interval }: UsageQuery): string[] {
  return [...(interval ? ['start'] : []), ...groups, ...SUM_COLUMNS];
}

const SUM_COLUMNS = Object.keys(sumsView({ requests: 0, unpriced: 0, cost_nanos: 0n } as UsageSums));

function encodeCursor({ start, group }: UsageTotals): string {
  return Buffer.from(JSON.stringify([start?.getTime() ?? null, group])).toString('base64url');
}

function decodeCursor(cursor: string | undefined): UsagePage['after'] {
  if (cursor === undefined) return undefined;
  try {
    const [time, group] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [unknown, unknown];
    const start = time === null ? null : new Date(Number(time));
    const isGroup =
      typeof group === 'object' &&
      group !== null &&
      Object.values(group).every((value) => typeof value === 'string');
    if (isGroup && !Number.isNaN(start?.getTime() ?? 0))
      return { start, group: group as Partial<Record<UsageGroup, string>> };
  } catch {
    // No list gave it out.
  }
  throw unknownCursor();
}
