import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { TeamRow } from '#persistence';
import { SharedAdminGuard } from '../auth/api-key.guard.js';
import { CurrentCaller, callerOf } from '../auth/caller.js';
import type { Caller } from '../auth/caller.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { adminBody, adminQuery } from './admin-body.pipe.js';
import { ListQuery, toList, toPageRequest } from './list.js';
import { actorOf } from './note.js';
import { objectId } from './storable.js';
import { shownBudget } from './stored-budget.js';
import { TeamAdmin } from './team-admin.js';
import { CreateTeamBody, UpdateTeamBody } from './teams.body.js';

@Controller(V1_ADMIN)
@UseGuards(new SharedAdminGuard())
export class TeamsController {
  constructor(private readonly teams: TeamAdmin) {}

  @Get('teams')
  async list(@Query(adminQuery(ListQuery)) query: ListQuery, @CurrentCaller() caller: Caller) {
    return toList(
      await this.teams.list(toPageRequest(query)),
      (row) => this.toView(row, caller),
      (row) => row.id,
    );
  }

  @Post('teams')
  async create(@Body(adminBody(CreateTeamBody)) body: CreateTeamBody, @Req() request: FastifyRequest) {
    return this.toView(await this.teams.create(body, actorOf(request)), callerOf(request));
  }

  @Get('teams/:id')
  async read(@Param('id', objectId) id: string, @CurrentCaller() caller: Caller) {
    return this.toView(await this.teams.read(id), caller);
  }

  @Patch('teams/:id')
  async update(
    @Param('id', objectId) id: string,
    @Body(adminBody(UpdateTeamBody)) body: UpdateTeamBody,
    @Req() request: FastifyRequest,
  ) {
    return this.toView(await this.teams.update(id, body, actorOf(request)), callerOf(request));
  }

  @Delete('teams/:id')
  async delete(@Param('id', objectId) id: string, @Req() request: FastifyRequest) {
    await this.teams.delete(id, actorOf(request));
    return { id, object: 'team', deleted: true };
  }

  private toView(row: TeamRow, caller: Caller) {
    return {
      id: row.id,
      object: 'team',
      source: this.teams.isDeclared(row) ? 'file' : 'api',
      name: row.name,
      models: row.models,
      limits: row.limits,
      budget: shownBudget(row.budget, caller),
      end_user_budget: shownBudget(row.endUserBudget, caller),
      metadata: row.metadata,
      created_at: row.createdAt,
      updated_at: row.updatedAt,
    };
  }
}
