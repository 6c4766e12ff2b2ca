import { Controller, Get, Param, Query, UseGuards } from '@nestjs/common';
import { GatewayError } from '#contract';
import type { UsageRow } from '#persistence';
import { Database, findUsageRecord, listUsageRecords, usageCursor } from '#persistence';
import { AdminGuard } from '../auth/api-key.guard.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { adminQuery } from './admin-body.pipe.js';
import { toList, toPageRequest } from './list.js';
import { RequestsQuery } from './requests.body.js';
import { objectId } from './storable.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Usage records, newest first; without `from` and `to`, those of the last 24 hours. */
@Controller(V1_ADMIN)
@UseGuards(new AdminGuard())
export class RequestsController {
  constructor(private readonly database: Database) {}

  @Get('requests')
  async list(@Query(adminQuery(RequestsQuery)) query: RequestsQuery) {
    const { key, model, provider, status } = query;
    const to = query.to ? new Date(query.to) : undefined;
    const from = query.from ? new Date(query.from) : new Date((to?.getTime() ?? Date.now()) - DAY_MS);
    const page = await this.database.read((queries) =>
      listUsageRecords(queries, { key, model, provider, status, from, to }, toPageRequest(query)),
    );
    return toList(page, toView, usageCursor);
  }

  @Get('requests/:id')
  async read(@Param('id', objectId) id: string) {
    const row = await this.database.read((queries) => findUsageRecord(queries, id));
    if (!row) throw new GatewayError('not_found', { message: 'There is no record of such a request.' });
    return toView(row);
  }
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
    reasoning_tokens: row.reasoningTokens,
    usage_source: row.usageSource,
    latency_ms: row.latencyMs,
    time_to_first_token_ms: row.timeToFirstTokenMs,
    attempts: row.attempts,
    user: row.endUser,
  };
}
