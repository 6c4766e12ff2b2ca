import { Controller, Get, Param, Query } from '@nestjs/common';
import { GatewayError } from '#contract';
import { printDollars } from '#metering';
import type { Page, PageRequest, UsageFilter, UsageRow } from '#persistence';
import { Database, findProviderCalled, findUsageRecord, listUsageRecords, usageCursor } from '#persistence';
import { CurrentCaller } from '../auth/caller.js';
import type { Caller } from '../auth/caller.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { adminQuery } from './admin-body.pipe.js';
import { csvFile } from './csv.js';
import { toList, toPageRequest } from './list.js';
import { RequestsQuery } from './requests.body.js';
import { toWindow } from './stats.body.js';
import { objectId } from './storable.js';

/** Usage records, newest first; without `from` and `to`, those of the last 24 hours. A member sees its own. */
@Controller(V1_ADMIN)
export class RequestsController {
  constructor(private readonly database: Database) {}

  @Get('requests')
  async list(@Query(adminQuery(RequestsQuery)) query: RequestsQuery, @CurrentCaller() caller: Caller) {
    const filter = await this.toFilter(query, caller);
    if (query.format === 'csv') return csvFile('requests', COLUMNS, this.csvPages(filter));
    return toList(await this.readPage(filter, toPageRequest(query)), toView, usageCursor);
  }

  @Get('requests/:id')
  async read(@Param('id', objectId) id: string, @CurrentCaller() caller: Caller) {
    const row = await this.database.read((queries) => findUsageRecord(queries, id));
    if (!row || !sees(caller, row.keyId)) {
      throw new GatewayError('not_found', { message: 'There is no record of such a request.' });
    }
    return { ...toView(row), decision: row.decision };
  }

  private async toFilter(query: RequestsQuery, caller: Caller): Promise<UsageFilter | undefined> {
    const { key, team, model, status } = query;
    if (key !== undefined && !sees(caller, key)) return undefined;
    const { from } = toWindow(query);
    const to = query.to === undefined ? undefined : new Date(query.to);
    const own = caller.role === 'member' ? (caller.keyId ?? undefined) : undefined;
    const provider = query.provider === undefined ? undefined : await this.nameOf(query.provider);
    return { key: own ?? key, team, model, provider, status, from, to };
  }

  /** Records have names: those stay when a provider goes. */
  private async nameOf(provider: string): Promise<string> {
    const row = await this.database.read((queries) => findProviderCalled(queries, provider));
    return row?.name ?? provider;
  }

  private async readPage(filter: UsageFilter | undefined, page: PageRequest): Promise<Page<UsageRow>> {
    if (!filter) return { rows: [], hasMore: false };
    return this.database.read((queries) => listUsageRecords(queries, filter, page));
  }

  private async *csvPages(filter: UsageFilter | undefined) {
    let cursor: string | undefined;
    for (;;) {
      const { rows, hasMore } = await this.readPage(filter, { limit: CSV_PAGE, cursor });
      yield rows.map((row) => {
        const view = toView(row);
        return COLUMNS.map((name) => view[name]);
      });
      const last = rows.at(-1);
      if (!hasMore || !last) return;
      cursor = usageCursor(last);
    }
  }
}

const CSV_PAGE = 1_000;

function sees({ role, keyId }: Caller, owner: string | null): boolean {
  return role !== 'member' || owner === keyId;
}

function toView(row: UsageRow) {
  return {
    object: 'usage_record',
    request_id: row.requestId,
    at: row.at,
    key: row.keyId,
    team: row.teamId,
    operation: row.operation,
    model: row.model,
    provider: row.provider,
    upstream_model: row.upstreamModel,
    stream: row.stream,
    status: row.status,
    http_status: row.httpStatus,
    error_code: row.errorCode,
    prompt_tokens: row.promptTokens,
    completion_tokens: row.completionTokens,
    cached_tokens: row.cachedTokens,
    cache_write_tokens: row.cacheWriteTokens,
    reasoning_tokens: row.reasoningTokens,
    audio_prompt_tokens: row.audioPromptTokens,
    audio_completion_tokens: row.audioCompletionTokens,
    images: row.images,
    audio_seconds: row.audioSeconds,
    characters: row.characters,
    usage_source: row.usageSource,
    priced: row.costNanos !== null,
    cost_usd: row.costNanos === null ? null : printDollars(row.costNanos),
    latency_ms: row.latencyMs,
    time_to_first_token_ms: row.timeToFirstTokenMs,
    attempts: row.attempts,
    user: row.endUser,
  };
}

/** Those of the view, but for `object`. */
const COLUMNS = [
  'request_id',
  'at',
  'key',
  'team',
  'operation',
  'model',
  'provider',
  'upstream_model',
  'stream',
  'status',
  'http_status',
  'error_code',
  'prompt_tokens',
  'completion_tokens',
  'cached_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'audio_prompt_tokens',
  'audio_completion_tokens',
  'images',
  'audio_seconds',
  'characters',
  'usage_source',
  'priced',
  'cost_usd',
  'latency_ms',
  'time_to_first_token_ms',
  'attempts',
  'user',
] as const satisfies (keyof ReturnType<typeof toView>)[];
