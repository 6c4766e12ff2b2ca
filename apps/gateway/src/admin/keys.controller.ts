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
import type { Key } from '#persistence';
import { AdminGuard } from '../auth/api-key.guard.js';
import { CurrentCaller, callerOf } from '../auth/caller.js';
import type { Caller } from '../auth/caller.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { adminBody, adminQuery } from './admin-body.pipe.js';
import { KeyAdmin } from './key-admin.js';
import type { FreshKey } from './key-admin.js';
import { CreateKeyBody, KeysQuery, RevokeKeyBody, RotateKeyBody, UpdateKeyBody } from './keys.body.js';
import { toList, toPageRequest } from './list.js';
import { actorOf } from './note.js';
import { objectId } from './storable.js';
import { shownBudget } from './stored-budget.js';

@Controller(V1_ADMIN)
@UseGuards(new AdminGuard())
export class KeysController {
  constructor(private readonly keys: KeyAdmin) {}

  @Get('keys')
  async list(@Query(adminQuery(KeysQuery)) query: KeysQuery, @CurrentCaller() caller: Caller) {
    return toList(
      await this.keys.list(toPageRequest(query), { teamId: query.team }),
      (row) => toView(row, caller),
      (row) => row.id,
    );
  }

  @Post('keys')
  async create(@Body(adminBody(CreateKeyBody)) body: CreateKeyBody, @Req() request: FastifyRequest) {
    return withSecret(await this.keys.create(body, actorOf(request)), callerOf(request));
  }

  @Get('keys/:id')
  async read(@Param('id', objectId) id: string, @CurrentCaller() caller: Caller) {
    return toView(await this.keys.read(id), caller);
  }

  @Patch('keys/:id')
  async update(
    @Param('id', objectId) id: string,
    @Body(adminBody(UpdateKeyBody)) body: UpdateKeyBody,
    @Req() request: FastifyRequest,
  ) {
    return toView(await this.keys.update(id, body, actorOf(request)), callerOf(request));
  }

  @Delete('keys/:id')
  async delete(@Param('id', objectId) id: string, @Req() request: FastifyRequest) {
    await this.keys.delete(id, actorOf(request));
    return { id, object: 'key', deleted: true };
  }

  @Post('keys/:id/rotate')
  @HttpCode(200)
  async rotate(
    @Param('id', objectId) id: string,
    @Body(adminBody(RotateKeyBody, { optional: true })) body: RotateKeyBody,
    @Req() request: FastifyRequest,
  ) {
    return withSecret(
      await this.keys.rotate(id, body.grace_seconds ?? 0, actorOf(request)),
      callerOf(request),
    );
  }

  @Post('keys/:id/revoke')
  @HttpCode(200)
  async revoke(
    @Param('id', objectId) id: string,
    @Body(adminBody(RevokeKeyBody, { optional: true })) body: RevokeKeyBody,
    @Req() request: FastifyRequest,
  ) {
    return toView(await this.keys.revoke(id, body.reason, actorOf(request)), callerOf(request));
  }
}

function withSecret({ row, secret }: FreshKey, caller: Caller) {
  const { id, object, ...rest } = toView(row, caller);
  return { id, object, key: secret, ...rest };
}

function toView(row: Key, caller: Caller) {
  return {
    id: row.id,
    object: 'key',
    prefix: row.prefix,
    name: row.name,
    role: row.role,
    team_id: row.teamId,
    models: row.models,
    limits: row.limits,
    budget: shownBudget(row.budget, caller),
    end_user_budget: shownBudget(row.endUserBudget, caller),
    allowed_ips: row.allowedIps,
    expires_at: row.expiresAt,
    revoked_at: row.revokedAt,
    revoked_reason: row.revokedReason,
    metadata: row.metadata,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
  };
}
