import { describe, expect, it } from 'vitest';
import { LeanAdapter } from './lean-adapter.js';
import { serverOptions } from './server-options.js';

const OPTIONS = serverOptions({ bodyLimit: 1_024, requestTimeoutMs: 1_000, trustedProxies: [] });

describe('LeanAdapter', () => {
  it('brings no hook, and takes those that come later', async () => {
    const fastify = new LeanAdapter(OPTIONS).getInstance();
    fastify.post('/before', () => 'before');
    fastify.addHook('onRequest', function mine(_request, reply, done) {
      void reply.header('x-mine', 'yes');
      done();
    });
    fastify.post('/behind', () => 'behind');
    await fastify.ready();
    const hooks = fastify.printRoutes({ includeHooks: true, commonPrefix: false }).match(/\w+\(\)/g);
    expect(new Set(hooks)).toEqual(new Set(['mine()']));
    const { headers, body } = await fastify.inject({ method: 'POST', url: '/behind' });
    expect([headers['x-mine'], body]).toEqual(['yes', 'behind']);
    await fastify.close();
  });
});
