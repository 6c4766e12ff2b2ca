import { Controller, Get, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { SharedAdminGuard } from '../auth/api-key.guard.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { actorOf } from '../admin/note.js';
import { System } from './system.js';

/** The gateway itself. */
@Controller(V1_ADMIN)
@UseGuards(new SharedAdminGuard())
export class SystemController {
  constructor(private readonly system: System) {}

  @Get('system')
  read() {
    return this.system.describe();
  }

  @Post('system/reload')
  @HttpCode(200)
  reload(@Req() request: FastifyRequest) {
    return this.system.reload(actorOf(request));
  }
}
