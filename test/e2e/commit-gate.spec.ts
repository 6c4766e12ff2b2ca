import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { recordOf } from '../support/records.js';
import { StreamClient } from '../support/stream-client.js';

let bench: TestBench;
let key: string;

beforeAll(async () => {
  bench = await startBench({ PLLM_STREAM_HOLD_SECONDS: '1' });
  key = await bench.addKey();
});
afterAll(() => bench.close());

/** Streams a model whose targets are these scripts of the sandbox, to its end. */
async function stream(id: string, scripts: readonly string[], timeouts: object = {}): Promise<StreamClient> {
  const targets = scripts.map((script) => ({ provider: 'upstream', model: script }));
  await bench.admin('POST', '/models', { id, targets, timeouts });
  const client = new StreamClient({ url: bench.url, key, body: { model: id, stream: true } });
  expect(await client.ended()).toBe('whole');
  return client;
}

const chunkIds = (client: StreamClient) => new Set(client.chunks.map(({ id }) => id));

describe('a stream that goes wrong before its first content', () => {
  it.each<[string, string, object?]>([
    ['an error status', 'a;status=500'],
    ['an error as the first event', 'a;error_first=1'],
    ['an error behind the role', 'a;error_after=0'],
    ['a cut behind the role', 'a;cut=0'],
    ['a cut among the heads of its tool calls', 'a;tools=1;error_first=1'],
    ['silence behind the role', 'a;stall=0', { idle_ms: 300 }],
    ['silence from the start', 'a;first=60000', { first_byte_ms: 300, idle_ms: 300 }],
    ['something that is no stream', 'a;html=1'],
  ])('%s: the next target answers, and nothing shows', async (what, script, timeouts) => {
    const client = await stream(`before ${what}`.replaceAll(' ', '-'), [script, 'b;chunks=3'], timeouts);
    expect(client.status).toBe(200);
    expect(client.response?.headers['x-pllm-attempts']).toBe('2');
    expect(client.errors).toEqual([]);
    expect(client.isDone).toBe(true);
    expect(client.content).not.toBe('');
    expect(chunkIds(client).size).toBe(1);
    expect(client.payloads.filter((payload) => payload.includes('"role"'))).toHaveLength(1);
    expect(await recordOf(bench, client.requestId)).toMatchObject({ status: 'ok', attempts: 2 });
  });

  it('and no target is left: an error status', async () => {
    const client = await stream('before-all', ['a;cut=0', 'a;error_first=1']);
    expect(client.status).toBe(503);
    expect(client.text).toContain('"error"');
  });
});

describe('a stream that goes wrong behind its first content', () => {
  it.each<[string, string]>([
    ['a text', 'a;error_after=1'],
    ['a tool call', 'a;tools=1;error_after=0'],
    ['a thought', 'a;reasoning=2;error_after=0'],
  ])('%s: one error frame, and nobody else is asked', async (what, script) => {
    const client = await stream(`behind ${what}`.replaceAll(' ', '-'), [script, 'b;chunks=3']);
    expect(client.status).toBe(200);
    expect(client.response?.headers['x-pllm-attempts']).toBe('1');
    expect(client.errors).toHaveLength(1);
    expect(client.isDone).toBe(false);
    expect(await recordOf(bench, client.requestId)).toMatchObject({ status: 'error', attempts: 1 });
  });

  it('an end without a text is an answer', async () => {
    const client = await stream('only-an-end', ['a;chunks=0', 'b;chunks=3']);
    expect(client.response?.headers['x-pllm-attempts']).toBe('1');
    expect(client.isDone).toBe(true);
    expect(client.content).toBe('');
  });
});

describe('a stream that is long in coming', () => {
  const slow = { first_byte_ms: 1_800 };

  it('is opened without it, and may still come from another target', async () => {
    const client = await stream('long-in-coming', ['a;delay=60000', 'b;chunks=3'], slow);
    expect(client.status).toBe(200);
    expect(client.response?.headers).toMatchObject({ 'x-pllm-model': 'long-in-coming' });
    expect(client.response?.headers).not.toHaveProperty('x-pllm-provider');
    expect(client.errors).toEqual([]);
    expect(client.isDone).toBe(true);
    expect(await recordOf(bench, client.requestId)).toMatchObject({ status: 'ok', attempts: 2 });
  });

  it('ends with an error frame when nobody has it', async () => {
    const client = await stream('never-coming', ['a;delay=60000', 'b;status=500'], slow);
    expect(client.status).toBe(200);
    expect(client.errors).toHaveLength(1);
    expect(client.isDone).toBe(false);
    expect(client.content).toBe('');
    const record = await recordOf(bench, client.requestId);
    expect(record).toMatchObject({ status: 'error', http_status: 200, attempts: 3, usage_source: 'none' });
  });
});
