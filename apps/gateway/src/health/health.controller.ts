import { Controller, Get, HttpException, Res } from '@nestjs/common';
import { HealthCheckService } from '@nestjs/terminus';
import type { HealthCheckResult } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Public } from '../auth/api-key.guard.js';
import { DatabaseIndicator } from './database.indicator.js';
import { ProcessIndicator } from './process.indicator.js';

/** Whoever asks needs no key, and learns no address. */
@Public()
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: DatabaseIndicator,
    private readonly process: ProcessIndicator,
  ) {}

  /** The process runs. */
  @Get('health')
  live() {
    return { status: 'healthy', timestamp: `${new Date().toISOString().slice(0, 19)}Z` };
  }

  /** The process can serve: Terminus' own body, 200 or 503. */
  @Get('ready')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const result = await this.check();
    void reply.status(result.status === 'ok' ? 200 : 503).send(result);
  }

  private async check(): Promise<HealthCheckResult> {
    try {
      return await this.health.check([
        () => this.database.check('database'),
        () => this.database.check('migrations'),
        () => this.process.checkSnapshot(),
        () => this.process.checkDraining(),
      ]);
    } catch (error) {
      if (error instanceof HttpException) return error.getResponse() as HealthCheckResult;
      throw error;
    }
  }
}
