import { Controller, Get, Param, Query } from '@nestjs/common';
import { GatewayError } from '#contract';
import { printDollars } from '#metering';
import type { UsageRow } from '#persistence';
import { Database, findUsageRecord, listUsageRecords, usageCursor } from '#persistence';
import { CurrentCaller } from '../auth/caller.js';
import type { Caller } from '../auth/caller.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { adminQuery } from './admin-body.pipe.js';
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
    const { key, model, provider, status } = query;
    const { from } = toWindow(query);
    const to = query.to === undefined ? undefined : new Date(query.to);
    if (key !== undefined && !sees(caller, key))
      return toList({ rows: [], hasMore: false }, toView, usageCursor);
    const own = caller.role === 'member' ? (caller.keyId ?? undefined) : undefined;
    const filter = { key: own ?? key, model, provider, status, from, to };
    const page = await this.database.read((queries) =>
      listUsageRecords(queries, filter, toPageRequest(query)),
    );
    return toList(page, toView, usageCursor);
  }

  @Get('requests/:id')
  async read(@Param('id', objectId) id: string, @CurrentCaller() caller: Caller) {
    const row = await this.database.read((queries) => findUsageRecord(queries, id));
    if (!row || !sees(caller, row.keyId)) {
      throw new GatewayError('not_found', { message: 'There is no record of such a request.' });
    }
    return toView(row);
  }
}

function sees({ role, keyId }: Caller, owner: string | null): boolean {
  return role !== 'member' || owner === keyId;
}

function toView(row: UsageRow) {
  return {
    request_id: row.requestId,
    object: 'usage_record',
    at: row.at,
    key: row.keyId,
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
