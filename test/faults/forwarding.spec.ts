import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { median, report } from '../support/figures.js';
import { StreamClient } from '../support/stream-client.js';

let bench: TestBench;
let key: string;

beforeAll(async () => {
  bench = await startBench();
  key = await bench.addKey();
});
afterAll(() => bench.close());

const CHUNKS = 20;

/** When each chunk came, after the one before. */
async function gaps(url: string, path: string, model: string): Promise<number[]> {
  const times: number[] = [];
  let seen = 0;
  const onData = (text: string): void => {
    const count = text.split('"content":"').length;
    for (; seen < count; seen++) times.push(performance.now());
  };
  const client = new StreamClient({ url: `${url}${path}`, key, body: { model, stream: true }, onData });
  await client.ended();
  expect(client.isDone).toBe(true);
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

it('a chunk that arrives is forwarded at once', async () => {
  const script = `paced;chunks=${CHUNKS};gap=50`;
  await bench.addModel('paced', script);
  const through = await gaps(bench.url, '', 'paced');
  const direct = await gaps(bench.sandbox.url.replace('/v1', ''), '', script);
  expect(through.length).toBeGreaterThanOrEqual(CHUNKS - 1);
  const late = median(through.map((gap) => Math.abs(gap - median(direct))));
  report('a chunk is late by (median, upstream every 50 ms)', late, 'ms', '< 25 ms');
  expect(late).toBeLessThan(25);
});

it('an unknown key is refused without its body being read', async () => {
  const { port } = new URL(bench.url);
  const socket = connect(Number(port), '127.0.0.1');
  const asked = performance.now();
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    'host: gateway',
    'authorization: Bearer sk-nobody-knows-this-one',
    'content-type: application/json',
    'content-length: 30000000',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n{`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  report('an unknown key with 30 MB to come is refused', performance.now() - asked, 'ms', 'unread');
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 401 /);
  expect(answer.toString()).toMatch(/connection: close/i);
  socket.destroy();
});
