import fastify from 'fastify';
import { expect, it } from 'vitest';
import { serverOptions } from './server-options.js';

it.each<[string[], string, string | undefined, string]>([
  [[], '10.0.0.1', '1.2.3.4', '10.0.0.1'],
  [['10.0.0.0/8'], '10.0.0.1', '1.2.3.4', '1.2.3.4'],
  [['10.0.0.0/8'], '10.0.0.1', undefined, '10.0.0.1'],
  [['10.0.0.0/8'], '::ffff:10.0.0.1', '1.2.3.4', '1.2.3.4'],
  [['10.0.0.0/8'], '11.0.0.1', '1.2.3.4', '11.0.0.1'],
  [['10.0.0.0/8'], '10.0.0.1', '9.9.9.9, 1.2.3.4', '1.2.3.4'],
  [['10.0.0.0/8', '1.2.3.4'], '10.0.0.1', '9.9.9.9, 1.2.3.4', '9.9.9.9'],
  [['2001:db8::/32'], '2001:db8::1', '1.2.3.4', '1.2.3.4'],
])('proxies %j believed, %s says %s: %s', async (trustedProxies, remoteAddress, forwarded, expected) => {
  const server = fastify(serverOptions({ bodyLimit: 1_024, requestTimeoutMs: 1_000, trustedProxies }));
  server.get('/', (request) => request.ip);
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  expect((await server.inject({ url: '/', remoteAddress, headers })).body).toBe(expected);
  await server.close();
});
