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

  /** The process can serve callers that it knows: Terminus' own body, 200 (`ok`, `degraded`) or 503. */
  @Get('ready')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const result = await this.check();
    if (result.status !== 'ok') return void reply.status(503).send(result);
    const isDegraded = Object.values(result.details).some(({ degraded }) => degraded === true);
    void reply.status(200).send(isDegraded ? { ...result, status: 'degraded' } : result);
  }

  private async check(): Promise<HealthCheckResult> {
    try {
      return await this.health.check([
        () => this.database.checkDatabase(),
        () => this.database.checkMigrations(),
        () => this.process.checkSnapshot(),
        () => this.process.checkDraining(),
      ]);
    } catch (error) {
      if (error instanceof HttpException) return error.getResponse() as HealthCheckResult;
      throw error;
    }
  }
}
