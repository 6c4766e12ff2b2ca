import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { makeDatabase } from '../support/databases.js';
import type { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { faultsOf, scrape, valueOf } from '../support/metrics.js';
import { rawRequest } from '../support/raw-request.js';

/** Processes start, on a machine that does other things too. */
vi.setConfig({ testTimeout: 90_000 });

let bench: TestBench;
let key: string;

beforeAll(async () => {
  bench = await startBench({ PLLM_METRICS_PORT: String(await freePort()) });
  await bench.addModel('whole', 'sandbox;chunks=4;delay=30');
  await bench.addModel('broken', 'sandbox;status=500');
  await bench.addModel('cut', 'sandbox;cut=1');
  await bench.addModel('any/*', '*;chunks=1');
  key = await bench.addKey();
});
afterAll(() => bench.close());

const chat = (model: string, rest: object = {}) =>
  bench.request(
    'POST',
    '/v1/chat/completions',
    { model, messages: [{ role: 'user', content: 'Hi' }], ...rest },
    { authorization: `Bearer ${key}` },
  );

describe('the metrics', () => {
  it('have counted a call when its answer is here', async () => {
    const before = await scrape(bench);
    const of = {
      gen_ai_operation_name: 'chat',
      gen_ai_request_model: 'whole',
      gen_ai_provider_name: 'upstream',
    };
    const answer = await chat('whole');
    await chat('whole', { stream: true });
    const after = await scrape(bench);
    const grown = (name: string, labels: Record<string, string> = {}) =>
      valueOf(after, name, labels) - valueOf(before, name, labels);
    expect(grown('pllm_requests_total', { ...of, status: 'ok' })).toBe(2);
    expect(grown('pllm_tokens_total', { gen_ai_request_model: 'whole', type: 'prompt' })).toBe(
      2 * answer.json.usage.prompt_tokens,
    );
    expect(grown('pllm_tokens_total', { gen_ai_request_model: 'whole', type: 'completion' })).toBe(8);
    for (const name of ['request_duration', 'upstream_duration', 'overhead']) {
      expect(grown(`pllm_${name}_seconds_count`)).toBe(2);
    }
    expect(grown('pllm_time_to_first_token_seconds_count')).toBe(1);
    expect(valueOf(after, 'pllm_requests_in_flight')).toBe(0);
  });

  it('take the time of the upstream for its own, and the header tells the same', async () => {
    const before = await scrape(bench);
    const overhead: number[] = [];
    for (let count = 0; count < 3; count++) {
      overhead.push(Number((await chat('whole')).headers.get('x-pllm-overhead-ms')));
    }
    const after = await scrape(bench);
    const grown = (name: string) => valueOf(after, name) - valueOf(before, name);
    // The header has microseconds.
    expect(grown('pllm_overhead_seconds_sum')).toBeCloseTo(
      overhead.reduce((sum, ms) => sum + ms / 1000, 0),
      4,
    );
    expect(grown('pllm_upstream_duration_seconds_sum')).toBeGreaterThan(3 * 0.029);
    expect(grown('pllm_request_duration_seconds_sum')).toBeCloseTo(
      grown('pllm_upstream_duration_seconds_sum') + grown('pllm_overhead_seconds_sum'),
      5,
    );
  });

  it('count each error that was told, by its code: refused, failed, in the middle of a stream', async () => {
    const before = await scrape(bench);
    await bench.request('POST', '/v1/chat/completions', {}, { authorization: 'Bearer sk-pllm-nobody' });
    await bench.request('GET', '/nowhere');
    await rawRequest(bench.url, 'NONSENSE\r\n\r\n');
    await chat('missing');
    await chat('broken');
    await chat('cut', { stream: true });
    const after = await scrape(bench);
    const grown = (code: string) =>
      valueOf(after, 'pllm_errors_total', { error_type: code }) -
      valueOf(before, 'pllm_errors_total', { error_type: code });
    expect([
      grown('invalid_api_key'),
      grown('unknown_url'),
      grown('bad_request'),
      grown('model_not_found'),
      grown('upstream_unavailable'),
    ]).toEqual([1, 1, 1, 1, 2]);
    const failed = { status: 'error', gen_ai_provider_name: 'upstream' };
    expect(
      valueOf(after, 'pllm_requests_total', failed) - valueOf(before, 'pllm_requests_total', failed),
    ).toBe(2);
    expect(after).not.toContain('missing');
  });

  it('are well formed, also with what clients make up', async () => {
    await chat('any/a"b\\c{d}=é\u{1f600}\n');
    const text = await scrape(bench);
    expect(text).toContain('gen_ai_request_model="any/a\\"b\\\\c{d}=é\u{1f600}\\n"');
    expect(faultsOf(text)).toEqual([]);
  });
});

describe('what is written of the metrics', () => {
  const root = new URL('../..', import.meta.url).pathname;
  const namesIn = (text: string): Set<string> =>
    new Set((text.match(/\bpllm_[a-z_]+/g) ?? []).map((name) => name.replace(/_(?:bucket|sum|count)$/, '')));

  it('is true: each is explained, and none is made up', async () => {
    const exposed = namesIn((await scrape(bench)).replace(/^[^#].*$/gm, ''));
    expect(namesIn(readFileSync(join(root, 'docs/observability.md'), 'utf8'))).toEqual(exposed);
    const shown = namesIn(readFileSync(join(root, 'deploy/grafana/pllm.json'), 'utf8'));
    expect([...shown].filter((name) => !exposed.has(name))).toEqual([]);
    expect(shown.size).toBeGreaterThan(5);
  });
});

describe('the port of the metrics', () => {
  let database: TestDatabase;
  let gateway: GatewayProcess | undefined;
  beforeEach(async () => {
    const [postgresUrl, embeddedTemplate] = [inject('postgresUrl'), inject('embeddedTemplate')];
    database = await makeDatabase({ postgresUrl, embeddedTemplate });
  });
  afterEach(async () => {
    await gateway?.stop();
    gateway = undefined;
    database.remove();
  });

  const launch = (env: Record<string, string | undefined>): GatewayProcess =>
    GatewayProcess.launch({ PLLM_DATA_DIR: database.dataDir, DATABASE_URL: database.url, ...env });

  it('stops the start in one line when it was chosen and is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    gateway = launch({ PLLM_METRICS_PORT: String(port) });
    expect(await gateway.ended()).toEqual({ code: 1, signal: null });
    expect(gateway.stderr).toBe(
      `pllm: PLLM_METRICS_PORT: the gateway cannot listen on port ${port} (EADDRINUSE)\n`,
    );
    other.close();
  });

  it('is the usual one, and costs a warning when that is taken', async () => {
    const other = createServer().listen(9464, '127.0.0.1');
    // It may belong to somebody already: then it is taken too.
    await new Promise((resolve) => other.once('listening', resolve).once('error', resolve));
    gateway = launch({ PLLM_METRICS_PORT: undefined, PLLM_LOG_LEVEL: 'warn' });
    await gateway.isUp();
    gateway.signal('SIGTERM');
    expect(await gateway.ended()).toEqual({ code: 0, signal: null });
    const lines = gateway.stdout.split('\n').filter((line) => line.includes('"event":"metrics"'));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'warn', msg: 'There are no metrics: the gateway cannot listen on port 9464 (EADDRINUSE).' },
    ]);
    other.close();
  });

  it('is closed when the gateway has stopped', async () => {
    const stopped = await startBench({ PLLM_METRICS_PORT: String(await freePort()) });
    const url = stopped.gateway.metricsUrl ?? '';
    expect((await fetch(url)).status).toBe(200);
    await stopped.close();
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });
});
