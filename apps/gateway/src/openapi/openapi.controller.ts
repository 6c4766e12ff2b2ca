import { Controller, Get } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Public } from '../auth/api-key.guard.js';
import { describeApi } from './document.js';
import type { ApiDescription } from './document.js';
import { routesOf } from './routes.js';

/** What the gateway can be asked, for code generators and clients: it is no secret, so it needs no key. */
@Public()
@Controller()
export class OpenApiController {
  private description: ApiDescription | undefined;

  constructor(private readonly modules: ModulesContainer) {}

  @Get('openapi.json')
  read(): ApiDescription {
    return (this.description ??= describeApi(this.routes()));
  }

  private routes() {
    return [...this.modules.values()].flatMap((module) =>
      [...module.controllers.values()].flatMap(({ metatype }) => routesOf(metatype as never)),
    );
  }
}
