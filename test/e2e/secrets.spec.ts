import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { Database } from '#persistence';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { startCollector } from '../support/collector.js';
import type { Collector } from '../support/collector.js';
import { spellingsOf, textOf } from '../support/database-text.js';
import { makeDatabase } from '../support/databases.js';
import type { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { MASTER_KEY } from '../support/gateway.js';
import { readSpool } from '../support/records.js';
import { StreamClient } from '../support/stream-client.js';
import { startStub } from '../support/stub-upstream.js';
import type { StubUpstream } from '../support/stub-upstream.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const canary = (what: string): string => `canary-${what}-${randomBytes(12).toString('hex')}`;
const PROMPT = canary('prompt');
const PROVIDER_KEY = canary('provider');
const PROVIDER_HEADER = canary('header');
const UNKNOWN_KEY = `sk-pllm-${canary('nobody')}`;
/** Told to nobody but the client who wrote it. */
const URL_WORD = canary('url');
const COLLECTOR_KEY = canary('collector');
const CHAT = '/v1/chat/completions';

let database: TestDatabase;
let sandbox: Sandbox;
let stub: StubUpstream;
let collector: Collector;
let gateway: GatewayProcess;
let key: string;
let metricsPort: number;
let spooled = '';
const errors: string[] = [];
const answers: string[] = [];

beforeAll(async () => {
  database = await makeDatabase({
    postgresUrl: inject('postgresUrl'),
    postgresTemplate: inject('postgresTemplate'),
    embeddedTemplate: inject('embeddedTemplate'),
  });
  [sandbox, stub, collector, metricsPort] = await Promise.all([
    startSandbox(),
    startStub(),
    startCollector(),
    freePort(),
  ]);
  gateway = await GatewayProcess.start({
    PLLM_DATA_DIR: database.dataDir,
    DATABASE_URL: database.url,
    PLLM_MASTER_KEY: MASTER_KEY,
    PLLM_LOG_LEVEL: 'trace',
    PLLM_METRICS_PORT: String(metricsPort),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `x-collector-key=${COLLECTOR_KEY}`,
  });
  const provider = { type: 'sandbox', api_key: PROVIDER_KEY, headers: { 'x-account': PROVIDER_HEADER } };
  await gateway.admin('POST', '/providers', { ...provider, name: 'upstream', base_url: sandbox.url });
  await gateway.admin('POST', '/providers', { ...provider, name: 'stub', base_url: stub.url });
  for (const script of [
    'ok',
    'cut;cut=2',
    'failed;status=500',
    'late;error_after=1',
    'slow;chunks=500;gap=20',
  ]) {
    await addModel(`seen-${script.split(';')[0]}`, 'upstream', script);
  }
  await addModel('seen-stub', 'stub', 'gpt');
  key = (await gateway.admin('POST', '/keys', { name: 'canary' })).key;
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([sandbox.close(), stub.close(), collector.close()]);
  database.remove();
});

const addModel = (id: string, provider: string, model: string) =>
  gateway.admin('POST', '/models', { id, targets: [{ provider, model }] });

/** A call whose answer is kept, by what it is. */
async function call(path: string, body: string | FormData, as = key): Promise<number> {
  const type = typeof body === 'string' ? { 'content-type': 'application/json' } : undefined;
  const answer = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${as}`, ...type },
    body,
  });
  const text = await answer.text();
  spooled += readSpool(database.dataDir);
  if (answer.status === 200) answers.push(text);
  else errors.push(`${JSON.stringify([...answer.headers])} ${text}`);
  return answer.status;
}

const chat = (model: string, rest: object = {}): string =>
  JSON.stringify({ model, messages: [{ role: 'user', content: PROMPT }], ...rest });

/** Calls that are answered, and those that end in every other way. */
async function makeCalls(): Promise<number[]> {
  const form = new FormData();
  form.set('model', 'seen-ok');
  form.set('prompt', PROMPT);
  form.set('file', new File([PROMPT], `${PROMPT}.wav`));
  stub.answerWith({
    status: 400,
    body: ({ headers }) =>
      JSON.stringify({
        error: { message: `No: ${headers.authorization}`, code: headers['x-account'], type: 'x' },
      }),
  });
  const statuses = [
    await call(CHAT, chat('seen-ok')),
    await call(CHAT, chat('seen-ok', { stream: true })),
    await call('/v1/embeddings', JSON.stringify({ model: 'seen-ok', input: PROMPT })),
    await call('/v1/audio/transcriptions', form),
    await call(CHAT, chat('seen-cut', { stream: true })),
    await call(CHAT, chat('seen-late', { stream: true })),
    await call(CHAT, chat('seen-failed')),
    await call(CHAT, chat('seen-stub')),
    await call(CHAT, chat('seen-nowhere')),
    await call(CHAT, chat('seen-ok'), UNKNOWN_KEY),
    await call(CHAT, chat('seen-ok').slice(0, -1)),
    await call(CHAT, JSON.stringify({ model: 'seen-ok', messages: PROMPT })),
    await call(CHAT, chat('seen-ok', { temperature: PROMPT })),
    await call(`/v1/nowhere/${URL_WORD}?key=${URL_WORD}`, '{}'),
  ];
  stub.answerWith({ status: 500, body: ({ headers, body }) => `${JSON.stringify(headers)} ${String(body)}` });
  statuses.push(await call(CHAT, chat('seen-stub')));
  stub.answerWith({ body: ({ headers, body }) => `not JSON: ${JSON.stringify(headers)} ${String(body)}` });
  statuses.push(await call(CHAT, chat('seen-stub')));
  return statuses;
}

async function leaveInTheMiddle(): Promise<void> {
  const client = new StreamClient({
    url: gateway.url,
    key,
    body: { model: 'seen-slow', messages: [{ role: 'user', content: PROMPT }], stream: true },
  });
  await client.received(2);
  client.leave();
}

describe('what operators see, and what is kept', () => {
  it('holds no key and no prompt', async () => {
    expect(await makeCalls()).toEqual([
      200, 200, 200, 200, 200, 200, 503, 400, 404, 401, 400, 400, 400, 404, 503, 503,
    ]);
    await leaveInTheMiddle();
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    gateway.signal('SIGTERM');
    expect(await gateway.ended()).toEqual({ code: 0, signal: null });
    const schemaFolder = new URL('../../prisma', import.meta.url).pathname;
    const opened = await Database.open({ url: database.url, dataDir: database.dataDir, schemaFolder });
    const rows = await textOf(opened);
    await opened.close();

    const seen = { rows, spooled, log: gateway.stdout + gateway.stderr, metrics, traces: collector.text };
    // Each of them has seen the calls.
    for (const text of Object.values(seen)) expect(text).toContain('seen-late');
    expect(answers.join('')).toContain(PROMPT);
    const secrets = [key, UNKNOWN_KEY, PROVIDER_KEY, PROVIDER_HEADER, PROMPT];
    for (const [where, text] of Object.entries({ ...seen, errors: errors.join('\n') })) {
      const found = secrets.filter((secret) =>
        spellingsOf(secret).some((spelling) => text.includes(spelling)),
      );
      expect({ where, found }).toEqual({ where, found: [] });
    }
    expect(Object.values(seen).join('')).not.toContain(URL_WORD);
    expect(seen.log + seen.metrics + seen.rows).not.toContain(COLLECTOR_KEY);
  });
});
