import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Req,
  UseGuards,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GatewayError } from '#contract';
import type { ProviderRow } from '#persistence';
import { SharedAdminGuard } from '../auth/api-key.guard.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { adminBody, adminQuery } from './admin-body.pipe.js';
import { ListQuery, toList, toPageRequest } from './list.js';
import { actorOf } from './note.js';
import { ProviderAdmin } from './provider-admin.js';
import { CreateProviderBody, UpdateProviderBody } from './providers.body.js';
import { UpstreamProbe } from './upstream-probe.js';
import { objectId } from './storable.js';

@Controller(V1_ADMIN)
@UseGuards(new SharedAdminGuard())
export class ProvidersController {
  constructor(
    private readonly providers: ProviderAdmin,
    private readonly probe: UpstreamProbe,
  ) {}

  @Get('providers')
  async list(@Query(adminQuery(ListQuery)) query: ListQuery) {
    const page = await this.providers.list(toPageRequest(query));
    return toList(
      page,
      (row) => this.toView(row),
      (row) => row.id,
    );
  }

  @Post('providers')
  async create(
    @Body(adminBody(CreateProviderBody)) body: CreateProviderBody,
    @Req() request: FastifyRequest,
  ) {
    return this.toView(await this.providers.create(body, actorOf(request)));
  }

  @Get('providers/:id')
  async read(@Param('id', objectId) id: string) {
    return this.toView(await this.providers.read(id));
  }

  @Patch('providers/:id')
  async update(
    @Param('id', objectId) id: string,
    @Body(adminBody(UpdateProviderBody)) body: UpdateProviderBody,
    @Req() request: FastifyRequest,
  ) {
    return this.toView(await this.providers.update(id, body, actorOf(request)));
  }

  @Delete('providers/:id')
  async delete(@Param('id', objectId) id: string, @Req() request: FastifyRequest) {
    await this.providers.delete(id, actorOf(request));
    return { id, object: 'provider', deleted: true };
  }

  @Post('providers/:id/test')
  @HttpCode(200)
  async test(@Param('id', objectId) id: string) {
    const { ok, status, latencyMs, models, error } = await this.ask(id);
    return { object: 'provider.test', ok, status, latency_ms: latencyMs, models: models.length, error };
  }

  /** What the upstream offers. */
  @Get('providers/:id/models')
  async models(@Param('id', objectId) id: string) {
    const { ok, models, error } = await this.ask(id);
    if (!ok) throw new GatewayError('upstream_unavailable', { message: error ?? undefined });
    const data = models.map((name) => ({ id: name, object: 'model' }));
    return { object: 'list', data, has_more: false, next_cursor: null };
  }

  private async ask(id: string) {
    const row = await this.providers.read(id);
    const { apiKey, headers } = this.providers.open(row);
    return this.probe.ask({ ...row, maxParallel: undefined, secret: apiKey, headers });
  }

  private toView(row: ProviderRow) {
    const { headers } = this.providers.open(row);
    return {
      id: row.id,
      object: 'provider',
      source: this.providers.isDeclared(row) ? 'file' : 'api',
      name: row.name,
      type: row.type,
      base_url: row.baseUrl,
      credential: { set: row.secretLast4 !== null, last4: row.secretLast4 },
      // Values may be credentials: the names are enough to know them by.
      headers: Object.fromEntries(Object.keys(headers).map((name) => [name, '[secret]'])),
      timeouts: row.timeouts,
      max_parallel: row.maxParallel,
      enabled: row.enabled,
      created_at: row.createdAt,
      updated_at: row.updatedAt,
    };
  }
}
