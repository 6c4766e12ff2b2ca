import { Body, Controller, Delete, Get, Param, Put, Query, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GatewayError } from '#contract';
import { PROVIDER_TYPES } from '#providers';
import { SharedAdminGuard } from '../auth/api-key.guard.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { adminBody, adminQuery } from './admin-body.pipe.js';
import { toList } from './list.js';
import { actorOf } from './note.js';
import { PriceAdmin } from './price-admin.js';
import type { ListedPrice } from './price-admin.js';
import { PriceBody } from './price.body.js';
import { PricesQuery } from './prices.body.js';
import { objectId } from './storable.js';

/** What models cost, by provider type and the upstream's own name. */
@Controller(V1_ADMIN)
@UseGuards(new SharedAdminGuard())
export class PricesController {
  constructor(private readonly prices: PriceAdmin) {}

  @Get('prices')
  async list(@Query(adminQuery(PricesQuery)) query: PricesQuery) {
    return toList(await this.prices.list(query), toView, cursorOf);
  }

  @Put('prices/:type/*')
  async put(
    @Param('type', objectId) type: string,
    @Body(adminBody(PriceBody)) body: PriceBody,
    @Req() request: FastifyRequest,
  ) {
    if (!PROVIDER_TYPES.includes(type)) {
      const message = `There is no provider type '${type}'.`;
      throw new GatewayError('invalid_value', { param: 'provider_type', message });
    }
    if (Object.keys(body).length === 0) {
      throw new GatewayError('missing_required_parameter', { message: 'A price has at least one member.' });
    }
    return toView(await this.prices.put(type, nameOf(request), body, actorOf(request)));
  }

  /** The catalogue's price, where there is one, is good again. */
  @Delete('prices/:type/*')
  async delete(@Param('type', objectId) type: string, @Req() request: FastifyRequest) {
    const model = nameOf(request);
    await this.prices.delete(type, model, actorOf(request));
    return { id: `${type}/${model}`, object: 'price', deleted: true };
  }
}

function nameOf(request: FastifyRequest): string {
  const name = objectId.transform((request.params as { '*'?: string })['*'] ?? '');
  if (name === '' || name.length > 500) throw new GatewayError('not_found');
  return name;
}

function cursorOf({ type, model }: ListedPrice): string {
  return `${type}/${model}`;
}

function toView({ type, model, price, source, updatedAt }: ListedPrice) {
  return { object: 'price', provider_type: type, model, price, source, updated_at: updatedAt };
}
