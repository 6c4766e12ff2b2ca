import { Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { GatewayError } from '#contract';
import { AdminGuard } from '../auth/api-key.guard.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { ModelRegistry } from '../models/model-registry.js';
import { ConfigurationFile } from './configuration-file.js';
import { InvalidDeclaration } from './fault.js';

/** What is configured, and from where. */
@Controller(V1_ADMIN)
@UseGuards(new AdminGuard())
export class SystemController {
  constructor(
    private readonly file: ConfigurationFile,
    private readonly models: ModelRegistry,
  ) {}

  @Get('system')
  read() {
    const { file, state, appliedAt, providers, models, errors } = this.file.state;
    const configuration = {
      file: file ?? null,
      state,
      applied_at: appliedAt ?? null,
      providers,
      models,
      in_place_of: this.models.sleeping,
      errors,
    };
    return { object: 'system', configuration };
  }

  /** Reads the configuration file now. */
  @Post('system/reload')
  @HttpCode(200)
  async reload() {
    try {
      await this.file.reload();
    } catch (error) {
      if (!(error instanceof InvalidDeclaration)) throw error;
      throw new GatewayError('bad_request', { message: error.lines.join('\n') });
    }
    return this.read();
  }
}
