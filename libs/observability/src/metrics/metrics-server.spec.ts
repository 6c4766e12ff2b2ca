import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { MetricsServer } from './metrics-server.js';

let server: MetricsServer | undefined;
afterEach(() => server?.close());

describe('the server of metrics', () => {
  it('answers one path, and nothing else', async () => {
    server = await MetricsServer.listen(new Registry(), '127.0.0.1', 0);
    const { url } = server;
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect((await fetch(`${url}?a=b`)).status).toBe(200);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(url, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${url}x`)).status).toBe(404);
    expect((await fetch(new URL('/', url))).status).toBe(404);
  });

  it('says that its port is taken', async () => {
    server = await MetricsServer.listen(new Registry(), '127.0.0.1', 0);
    const port = Number(new URL(server.url).port);
    await expect(MetricsServer.listen(new Registry(), '127.0.0.1', port)).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
