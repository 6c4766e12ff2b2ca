import { Body, Controller, Delete, Get, Patch, Post, Put, Query, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ModelRow } from '#persistence';
import { SharedAdminGuard } from '../auth/api-key.guard.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { adminBody, adminQuery } from './admin-body.pipe.js';
import { ListQuery, toList, toPageRequest } from './list.js';
import { ModelAdmin } from './model-admin.js';
import { CreateModelBody, ModelSettingsBody, UpdateModelBody } from './models.body.js';
import { actorOf } from './note.js';
import { objectId } from './storable.js';

@Controller(V1_ADMIN)
@UseGuards(new SharedAdminGuard())
export class AdminModelsController {
  constructor(private readonly models: ModelAdmin) {}

  @Get('models')
  async list(@Query(adminQuery(ListQuery)) query: ListQuery) {
    return toList(
      await this.models.list(toPageRequest(query)),
      (row) => this.toView(row),
      (row) => row.id,
    );
  }

  @Post('models')
  async create(@Body(adminBody(CreateModelBody)) body: CreateModelBody, @Req() request: FastifyRequest) {
    return this.toView(await this.models.create(body, actorOf(request)));
  }

  @Get('models/*')
  async read(@Req() request: FastifyRequest) {
    return this.toView(await this.models.read(idOf(request)));
  }

  @Put('models/*')
  async replace(@Body(adminBody(ModelSettingsBody)) body: ModelSettingsBody, @Req() request: FastifyRequest) {
    return this.toView(await this.models.replace(idOf(request), body, actorOf(request)));
  }

  @Patch('models/*')
  async update(@Body(adminBody(UpdateModelBody)) body: UpdateModelBody, @Req() request: FastifyRequest) {
    return this.toView(await this.models.update(idOf(request), body, actorOf(request)));
  }

  @Delete('models/*')
  async delete(@Req() request: FastifyRequest) {
    const id = idOf(request);
    await this.models.delete(id, actorOf(request));
    return { id, object: 'model', deleted: true };
  }

  private toView(row: ModelRow) {
    return {
      id: row.id,
      object: 'model',
      source: this.models.isDeclared(row) ? 'file' : 'api',
      owned_by: row.ownedBy,
      strategy: row.strategy,
      targets: row.targets.map((target) => ({
        provider: target.provider.name,
        provider_id: target.providerId,
        model: target.upstreamModel,
        priority: target.priority,
        weight: target.weight,
        timeouts: target.timeouts,
        price: priceView(target.price),
      })),
      fallbacks: row.fallbacks,
      retry: row.retry,
      timeouts: row.timeouts,
      price: priceView(row.price),
      unsupported_parameters: row.unsupportedParameters,
      capabilities: row.capabilities,
      limits: row.limits,
      enabled: row.enabled,
      metadata: row.metadata,
      created_at: row.createdAt,
      updated_at: row.updatedAt,
    };
  }
}

/** Model names hold slashes, raw or escaped: the rest of the path is the name. */
function idOf(request: FastifyRequest): string {
  return objectId.transform((request.params as { '*'?: string })['*'] ?? '');
}

/** Null: none of its own. */
function priceView(price: ModelRow['price']) {
  return Object.keys(price as object).length > 0 ? price : null;
}
