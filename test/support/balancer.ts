import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './postgres-server.js';
import { until } from './until.js';

/** haproxy before gateways on these ports: it asks each for `/ready`, and sends calls to those that are. */
export async function startBalancer(ports: readonly number[]): Promise<{ url: string; stop(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'pllm-haproxy-'));
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, configuration(port, ports));
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  process.once('exit', () => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  await until(async () => {
    if (failure) throw new Error('haproxy is not installed: apt-get install haproxy', { cause: failure });
    return (await fetch(`${url}/health`).catch(() => undefined))?.status === 200;
  }, 10_000);
  return {
    url,
    stop: () => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As its manual has it. Nothing is sent twice but what found no connection. */
const configuration = (port: number, ports: readonly number[]): string => `
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout check 3s
  option redispatch
  retries 3
frontend calls
  bind 127.0.0.1:${port}
  default_backend gateways
backend gateways
  balance roundrobin
  option httpchk GET /ready
  http-check expect status 200
  default-server inter 250ms fall 2 rise 1
${ports.map((each, index) => `  server gateway-${index} 127.0.0.1:${each} check`).join('\n')}
`;
