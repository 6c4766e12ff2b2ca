import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from '../support/expect-error.js';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { HELLO, StreamClient } from '../support/stream-client.js';
import { until } from '../support/until.js';

const MOST = 3;
const OVERLOADED = { status: 503, type: 'service_unavailable_error', code: 'overloaded' };

let bench: TestBench;
let key: string;
let streams: StreamClient[] = [];

beforeAll(async () => {
  bench = await startBench({ PLLM_MAX_IN_FLIGHT: String(MOST) });
  key = await bench.addKey();
  await bench.addModel('slow', 'slow;chunks=10000;gap=20');
  await bench.addModel('quick', 'quick');
});
afterEach(async () => {
  for (const stream of streams) stream.leave();
  const { inFlight } = bench.gateway.app.getHttpAdapter().getInstance() as FastifyInstance;
  await until(() => inFlight.size === 0);
});
afterAll(() => bench.close());

/** As many streams as there is room for. */
async function fill(): Promise<void> {
  const open = () => new StreamClient({ url: bench.url, key, body: { model: 'slow', stream: true } });
  streams = Array.from({ length: MOST }, open);
  await Promise.all(streams.map((stream) => stream.received(1)));
}

const call = (body: object = {}) =>
  bench.request(
    'POST',
    '/v1/chat/completions',
    { model: 'quick', messages: HELLO, ...body },
    {
      authorization: `Bearer ${key}`,
    },
  );

/** Two calls, one after the other, on a connection that is kept if it may be. */
async function portsOfTwo(content: string): Promise<(number | undefined)[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = () =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ model: 'quick', messages: [{ role: 'user', content }] });
      const sent = request(`${bench.url}/v1/chat/completions`, {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      });
      sent.on('error', reject);
      sent.on('response', (response: IncomingMessage) => {
        const port = response.socket.localPort;
        expect(response.statusCode).toBe(503);
        response.resume().on('end', () => setImmediate(() => resolve(port)));
      });
      sent.end(body);
    });
  const ports = [await ask(), await ask()];
  agent.destroy();
  return ports;
}

describe('a process that has as many calls as it may', () => {
  it('refuses the next one, and says when to come back', async () => {
    await fill();
    const answer = await call();
    expectError(answer, OVERLOADED);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it('does so without a look at the key, or at the body', async () => {
    await fill();
    const answer = await bench.request('POST', '/v1/chat/completions', 'not JSON', {
      authorization: 'Bearer nobody',
    });
    expectError(answer, OVERLOADED);
  });

  it('keeps the connection of a short call, and closes that of a long one', async () => {
    await fill();
    const [first, second] = await portsOfTwo('Hello!');
    expect(second).toBe(first);
    const [third, fourth] = await portsOfTwo('x'.repeat(100_000));
    expect(fourth).not.toBe(third);
  });

  it('serves operators, balancers and lists all the same', async () => {
    await fill();
    expect((await bench.request('GET', '/health')).status).toBe(200);
    expect((await bench.request('GET', '/ready')).status).toBe(200);
    expect(await bench.admin('GET', '/keys')).toHaveProperty('data');
    expect(await bench.admin('POST', '/keys', { name: 'made meanwhile' })).toHaveProperty('key');
    const models = await bench.request('GET', '/v1/models', undefined, { authorization: `Bearer ${key}` });
    expect(models.status).toBe(200);
  });

  it('takes calls again when one is over, and an SDK waits for that', async () => {
    await fill();
    setTimeout(() => streams[0]?.leave(), 200);
    const client = new OpenAI({ baseURL: `${bench.url}/v1`, apiKey: key, maxRetries: 3 });
    const answer = await client.chat.completions.create({
      model: 'quick',
      messages: [{ role: 'user', content: 'Hello!' }],
    });
    expect(answer.choices).toHaveLength(1);
  });
});
