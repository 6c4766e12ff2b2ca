import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/postgres-server.js';
import { until } from '../support/until.js';

const HAPROXY = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy'].find((path) => existsSync(path));

/** What haproxy sees of a gateway: readiness, answers, and streams that go on until they are ended. */
class Backend {
  isReady = true;
  calls = 0;
  checks = 0;
  readonly streams: ServerResponse[] = [];
  readonly server: Server;

  constructor(readonly name: string) {
    this.server = createServer((request, response) => {
      if (request.url === '/ready') {
        this.checks++;
        response.writeHead(this.isReady ? 200 : 503).end();
      } else if (request.url === '/stream') {
        this.streams.push(response);
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${this.name}\n\n`);
      } else {
        this.calls++;
        response.end(this.name);
      }
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  /** Two more looks of the balancer: by then it knows. */
  async wasLookedAt(): Promise<void> {
    const { checks } = this;
    await until(() => this.checks >= checks + 3);
  }
}

describe.skipIf(!HAPROXY)('deploy/haproxy/haproxy.cfg, before two gateways', () => {
  const backends = [new Backend('one'), new Backend('two')] as const;
  const [one, two] = backends;
  let folder: string;
  let haproxy: ChildProcess;
  let url: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pllm-haproxy-'));
    const [first, second, port] = [await one.listen(), await two.listen(), await freePort()];
    const text = readFileSync('deploy/haproxy/haproxy.cfg', 'utf8')
      .replace(/ gateway:8080/, ` 127.0.0.1:${first}`)
      .replace(/ gateway-2:8080/, ` 127.0.0.1:${second}`)
      .replace('bind :8080', `bind 127.0.0.1:${port}`);
    writeFileSync(join(folder, 'haproxy.cfg'), text);
    haproxy = spawn(HAPROXY ?? '', ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: 'ignore' });
    url = `http://127.0.0.1:${port}`;
    await until(async () => (await fetch(`${url}/balancer-health`).catch(() => undefined))?.status === 200);
    await Promise.all([one.wasLookedAt(), two.wasLookedAt()]);
  });
  afterAll(() => {
    haproxy?.kill('SIGKILL');
    for (const { server } of backends) server.close().closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });

  it('sends on each piece of a stream, and lets it go on while its gateway stops', async () => {
    const answer = await fetch(`${url}/stream`, { method: 'POST', body: '{}' });
    const pieces = (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    // The answer has not ended, and here is its beginning: nothing held it back.
    const name = /^data: (\w+)\n\n$/.exec((await pieces.read()).value ?? '')?.[1];
    const [busy, other] = name === 'one' ? [one, two] : [two, one];

    busy.isReady = false;
    await busy.wasLookedAt();
    const { calls } = busy;
    for (let count = 0; count < 6; count++) {
      expect(await (await fetch(url, { method: 'POST', body: '{}' })).text()).toBe(other.name);
    }
    expect(busy.calls).toBe(calls);

    busy.streams[0]?.end('data: [DONE]\n\n');
    expect((await pieces.read()).value).toBe('data: [DONE]\n\n');
    expect((await pieces.read()).done).toBe(true);

    busy.isReady = true;
    await busy.wasLookedAt();
    await until(async () => (await (await fetch(url)).text()) === busy.name);
  });

  it('asks the other one when a connection is refused, so that no call fails', async () => {
    one.server.close().closeAllConnections();
    for (let count = 0; count < 6; count++) {
      const answer = await fetch(url, { method: 'POST', body: '{}' });
      expect([answer.status, await answer.text()]).toEqual([200, 'two']);
    }
  });
});
