import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { readSpool, recordOf, recordsOf } from '../support/records.js';
import { HELLO, StreamClient } from '../support/stream-client.js';
import { until } from '../support/until.js';

let bench: TestBench;
let key: string;

beforeAll(async () => {
  bench = await startBench();
  key = await bench.addKey();
});
afterAll(() => bench.close());

const open = (model: string, body: object = {}, onData?: (text: string) => void) =>
  new StreamClient({ url: bench.url, key, body: { model, stream: true, ...body }, onData });

/** What the upstream saw of the calls of one model. */
const upstreamCalls = (name: string) =>
  bench.sandbox.ledger.requests.filter((entry) => entry.model.split(';')[0] === name);

const upstreamLeft = (name: string) =>
  bench.sandbox.ledger.waitFor(
    (entry) => entry.model.split(';')[0] === name && entry.abortedAt !== undefined,
    5_000,
  );

async function addTargets(id: string, targets: object[], rest: object = {}): Promise<void> {
  const all = targets.map((target) => ({ provider: 'upstream', ...target }));
  await bench.admin('POST', '/models', { id, targets: all, ...rest });
}

describe('a client that goes away', () => {
  it.each([
    ['a stream', true],
    ['a whole answer', false],
  ])('before the first byte of %s: the upstream is let go, nothing was answered', async (_, stream) => {
    const model = `gone-early-${stream}`;
    await bench.addModel(model, `${model};delay=60000`);
    const client = open(model, { stream });
    await bench.sandbox.ledger.waitFor((entry) => entry.model.startsWith(model));
    client.leave();
    expect((await upstreamLeft(model)).completedAt).toBeUndefined();
    const [record] = await recordsOf(bench, model);
    expect(record).toMatchObject({ status: 'cancelled', http_status: 499, error_code: null, attempts: 1 });
  });

  it('in the middle of a stream', async () => {
    await bench.addModel('gone-midway', 'gone-midway;chunks=1000;gap=20');
    const client = open('gone-midway');
    await client.received(3);
    client.leave();
    expect((await upstreamLeft('gone-midway')).chunksWritten).toBeLessThan(1000);
    expect(await recordOf(bench, client.requestId)).toMatchObject({
      status: 'cancelled',
      http_status: 200,
      error_code: null,
      stream: true,
    });
  });

  it('in the middle of a whole answer that the upstream has begun', async () => {
    await bench.addModel('gone-whole', 'gone-whole;stall=20');
    const client = open('gone-whole', { stream: false });
    await bench.sandbox.ledger.waitFor((entry) => entry.model.startsWith('gone-whole'));
    await sleep(50);
    client.leave();
    await upstreamLeft('gone-whole');
    const [record] = await recordsOf(bench, 'gone-whole');
    expect(record).toMatchObject({ status: 'cancelled', http_status: 499 });
  });

  it('while it does not read: the upstream is let go all the same', async () => {
    await bench.addModel('gone-unread', 'gone-unread;chunks=10000;size=10000');
    const client = open('gone-unread');
    await client.holdAtHead();
    await untilSteady('gone-unread');
    client.leave();
    await upstreamLeft('gone-unread');
    const [record] = await recordsOf(bench, 'gone-unread');
    expect(record).toMatchObject({ status: 'cancelled', http_status: 200 });
  });
});

describe('an upstream that breaks in the middle of a stream', () => {
  const faults: [string, string, object, string][] = [
    ['is cut', 'cut=3', {}, 'upstream_unavailable'],
    ['falls silent', 'stall=3', { timeouts: { idle_ms: 150 } }, 'upstream_timeout'],
    ['sends an error event', 'error_after=3', {}, 'upstream_unavailable'],
    ['ends without [DONE] or a finish reason', 'cut=3;done=none', {}, 'upstream_unavailable'],
  ];

  it.each(faults)('%s: the chunks so far, one error frame, no [DONE]', async (_, script, rest, code) => {
    const model = script.replaceAll(/[^a-z0-9]/g, '-');
    await bench.addModel(model, `${model};chunks=8;gap=5;${script}`, rest);
    const client = open(model);
    expect(await client.ended()).toBe('whole');
    expect(client.status).toBe(200);
    expect(client.chunks.filter((chunk) => chunk.choices?.[0]?.delta?.content)).toHaveLength(3);
    expect(client.errors).toEqual([
      expect.objectContaining({ type: 'service_unavailable_error', code, message: expect.any(String) }),
    ]);
    expect(client.payloads.at(-1)).toMatch(/^\{"error":/);
    expect(client.isDone).toBe(false);
    expect(await recordOf(bench, client.requestId)).toMatchObject({
      status: 'error',
      http_status: 200,
      error_code: code,
      attempts: 1,
    });
  });

  it('lets go of the socket of an upstream that fell silent', async () => {
    await bench.addModel('silent', 'silent;chunks=8;stall=2', { timeouts: { idle_ms: 150 } });
    await open('silent').ended();
    await upstreamLeft('silent');
  });

  it('is never asked again, nor is another target, once a chunk was sent', async () => {
    await addTargets('no-second-try', [
      { model: 'first-try;chunks=8;cut=1', priority: 0 },
      { model: 'second-try', priority: 1 },
    ]);
    const client = open('no-second-try');
    await client.ended();
    expect(client.errors).toHaveLength(1);
    expect(upstreamCalls('first-try')).toHaveLength(1);
    expect(upstreamCalls('second-try')).toHaveLength(0);
  });
});

describe('an upstream that breaks before it has answered', () => {
  it('cut in a whole answer: 503, in OpenAI’s shape', async () => {
    await bench.addModel('cut-whole', 'cut-whole;cut=10');
    const client = open('cut-whole', { stream: false });
    expect(await client.ended()).toBe('whole');
    expect(client.status).toBe(503);
    expect(JSON.parse(client.text)).toMatchObject({
      error: { type: 'service_unavailable_error', code: 'upstream_unavailable' },
    });
    expect(await recordOf(bench, client.requestId)).toMatchObject({
      status: 'error',
      http_status: 503,
      error_code: 'upstream_unavailable',
    });
  });

  it.each([
    ['is silent', 'delay=60000'],
    ['is silent after the headers', 'first=60000'],
    ['sends an error as its first event', 'error_first=1'],
    ['answers 500', 'status=500'],
  ])('%s: the next target answers, and the client sees only its content', async (_, script) => {
    const model = `fallback-${script.replaceAll(/[^a-z0-9]/g, '-')}`;
    const timeouts = { first_byte_ms: 150, idle_ms: 150 };
    await addTargets(model, [
      { model: `${model}-one;${script}`, priority: 0, timeouts },
      { model: `${model}-two;chunks=4`, priority: 1 },
    ]);
    const client = open(model);
    expect(await client.ended()).toBe('whole');
    expect(client.errors).toEqual([]);
    expect(client.isDone).toBe(true);
    expect(new Set(client.chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(client.response?.headers['x-pllm-attempts']).toBe('2');
    expect(await recordOf(bench, client.requestId)).toMatchObject({
      status: 'ok',
      attempts: 2,
      upstream_model: `${model}-two;chunks=4`,
    });
  });

  it('and there is no other: the error has a status, and no stream was begun', async () => {
    await bench.addModel('all-silent', 'all-silent;delay=60000', { timeouts: { first_byte_ms: 100 } });
    const client = open('all-silent');
    await client.ended();
    expect(client.status).toBe(503);
    expect(JSON.parse(client.text).error.code).toBe('upstream_timeout');
  });
});

describe('a stream', () => {
  it('that is complete but has no [DONE] gets one', async () => {
    await bench.addModel('no-done', 'no-done;chunks=3;done=none');
    const client = open('no-done');
    expect(await client.ended()).toBe('whole');
    expect(client.payloads.at(-1)).toBe('[DONE]');
    expect(client.payloads.filter((payload) => payload === '[DONE]')).toHaveLength(1);
    expect(client.errors).toEqual([]);
  });

  it('of 5,000 chunks arrives whole and in order, whatever its packets', async () => {
    await bench.addModel('long', 'long;echo=1;chunks=5000');
    const numbers = Array.from({ length: 5_000 }, (_, index) => index).join(' ');
    const client = open('long', { messages: [{ role: 'user', content: numbers }] });
    expect(await client.ended(20_000)).toBe('whole');
    const contents = client.chunks.filter((chunk) => chunk.choices?.[0]?.delta?.content);
    expect(contents).toHaveLength(5_000);
    expect(client.content).toBe(upstreamCalls('long')[0]?.body);
    expect(client.isDone).toBe(true);
  });

  it('ends after its record is safe: in the spool, or further', async () => {
    await bench.addModel('spooled', 'spooled;chunks=3');
    const bodies = [{ stream: true }, { stream: false }];
    for (const body of bodies) {
      let spool = '';
      const client = open('spooled', body, (text) => {
        if (text.endsWith('[DONE]\n\n') || text.endsWith('}')) spool = readSpool(bench.dataDir);
      });
      await client.ended();
      const isInSpool = spool.includes(client.requestId);
      const answer = await bench.request('GET', `/v1/admin/requests/${client.requestId}`, undefined, {
        authorization: `Bearer ${MASTER_KEY}`,
      });
      expect(isInSpool || answer.status === 200).toBe(true);
    }
  });
});

describe('a reader that is slow', () => {
  const CHUNKS = 6_000;
  const SIZE = 10_000;

  it('holds back its upstream, and nobody else', async () => {
    await bench.addModel('slow', `slow;chunks=${CHUNKS};size=${SIZE}`);
    await bench.addModel('other', 'other;chunks=50');
    const slow = open('slow');
    await slow.holdAtHead();
    const written = await untilSteady('slow');
    expect(written).toBeLessThan(CHUNKS / 2);
    for (let call = 0; call < 10; call++) {
      const other = open('other');
      expect(await other.ended()).toBe('whole');
      expect(other.isDone).toBe(true);
    }
    expect(upstreamCalls('slow')[0]?.chunksWritten).toBe(written);
    slow.leave();
    await upstreamLeft('slow');
  });

  it('gets all of it when it reads on, however long it rested', async () => {
    const timeouts = { idle_ms: 200 };
    await bench.addModel('resting', `resting;chunks=${CHUNKS};size=${SIZE}`, { timeouts });
    const client = open('resting', { messages: HELLO });
    await client.holdAtHead();
    await untilSteady('resting');
    await sleep(600);
    client.response?.resume();
    expect(await client.ended(20_000)).toBe('whole');
    expect(client.errors).toEqual([]);
    expect(client.isDone).toBe(true);
    expect(client.content).toHaveLength(CHUNKS * SIZE);
  });
});

/** How many chunks the upstream has written when it writes no more. */
async function untilSteady(name: string): Promise<number> {
  let last = -1;
  return until(async () => {
    await sleep(250);
    const written = upstreamCalls(name)[0]?.chunksWritten ?? 0;
    if (written === last && written > 0) return written;
    last = written;
    return undefined;
  }, 15_000);
}
