import { Body, Controller, Get, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { MasterGuard, SharedAdminGuard } from '../auth/api-key.guard.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { adminBody } from '../admin/admin-body.pipe.js';
import { actorOf } from '../admin/note.js';
import { KeyRotation } from './key-rotation.js';
import { RotateKeysBody } from './rotate-keys.body.js';
import { System } from './system.js';

/** The gateway itself. */
@Controller(V1_ADMIN)
@UseGuards(new SharedAdminGuard())
export class SystemController {
  constructor(
    private readonly system: System,
    private readonly rotation: KeyRotation,
  ) {}

  @Get('system')
  read() {
    return this.system.describe();
  }

  @Post('system/reload')
  @HttpCode(200)
  reload(@Req() request: FastifyRequest) {
    return this.system.reload(actorOf(request));
  }

  @Post('system/rotate-keys')
  @HttpCode(200)
  @UseGuards(new MasterGuard())
  rotateKeys(@Body(adminBody(RotateKeysBody)) { which }: RotateKeysBody, @Req() request: FastifyRequest) {
    return this.rotation.rotate(which, actorOf(request));
  }
}
