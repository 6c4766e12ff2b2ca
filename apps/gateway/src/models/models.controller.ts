import { Controller, Get, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Model } from '#routing';
import { CurrentCaller } from '../auth/caller.js';
import type { Caller } from '../auth/caller.js';
import { V1 } from '../http/prefixes.js';
import { capabilitiesOf } from './capabilities.js';
import { ModelRegistry } from './model-registry.js';

@Controller(V1)
export class ModelsController {
  constructor(private readonly models: ModelRegistry) {}

  @Get('models')
  list(@CurrentCaller() caller: Caller) {
    return { object: 'list', data: this.models.list(caller).map(toWire) };
  }

  /** Names hold slashes, escaped (as the SDKs do) or raw, colons and dots. */
  @Get('models/*')
  read(@Req() request: FastifyRequest, @CurrentCaller() caller: Caller) {
    const { '*': name = '' } = request.params as { '*'?: string };
    return toWire(this.models.resolve(name, caller));
  }
}

function toWire(model: Model) {
  const { id, created, ownedBy } = model;
  return { id, object: 'model', created, owned_by: ownedBy, pllm: capabilitiesOf(model) };
}
