import { Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { ModelRegistry } from '../models/model-registry.js';
import { Drain } from './drain.js';

/** Are the models loaded, and is the process staying? */
@Injectable()
export class ProcessIndicator {
  constructor(
    private readonly models: ModelRegistry,
    private readonly drain: Drain,
    private readonly health: HealthIndicatorService,
  ) {}

  checkSnapshot() {
    const indicator = this.health.check('snapshot');
    return this.models.isLoaded ? indicator.up() : indicator.down();
  }

  checkDraining() {
    const indicator = this.health.check('draining');
    return this.drain.isDraining ? indicator.down({ message: 'The process is stopping.' }) : indicator.up();
  }
}
