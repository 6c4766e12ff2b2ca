import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { serverOptions } from './server-options.js';

/**
 * Nest's adapter without the hooks that it brings: six before each request and one after its answer, for CORS, CSRF,
 * versions and the like. `configureHttp` does what is wanted of that. For the one after the answer, Fastify listens
 * to the end of each.
 */
export class LeanAdapter extends FastifyAdapter {
  declare private addHook: FastifyInstance['addHook'];

  constructor(options: ReturnType<typeof serverOptions>) {
    super({ ...options, skipMiddie: true });
    this.instance.addHook = this.addHook;
  }

  /** What the constructor above calls before it adds its hooks. */
  override setInstance<Instance>(instance: Instance): void {
    super.setInstance(instance);
    this.addHook = this.instance.addHook;
    this.instance.addHook = () => this.instance;
  }
}
