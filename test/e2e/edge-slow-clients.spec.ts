import { readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { until } from '../support/until.js';

const CHAT = '/v1/chat/completions';
const CLIENTS = 20;

let bench: TestBench;
let key: string;

beforeAll(async () => {
  bench = await startBench({ PLLM_REQUEST_TIMEOUT_SECONDS: '1' });
  await bench.addModel('m', 'gpt-upstream');
  await bench.addModel('huge', 'huge;chunks=5000;size=10000');
  await bench.addModel('long', 'gpt-upstream;delay=3000');
  key = await bench.addKey();
});
afterAll(() => bench.close());

const BODY = '{"model":"m","messages":[{"role":"user","content":"Hello!"}]}';
const head = (path: string, type: string, length: number): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n`;

/** Sends a beginning, then a byte now and then, until it is closed. What came back until then. */
function trickle(beginning: string, byte: string): Promise<string> {
  const { hostname, port } = new URL(bench.url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (piece) => (text += piece.toString()));
  socket.on('error', () => undefined);
  socket.write(beginning);
  const sending = setInterval(() => void socket.write(byte), 100);
  return new Promise((resolve) => {
    socket.once('close', () => {
      clearInterval(sending);
      resolve(text);
    });
  });
}

const call = () => bench.request('POST', CHAT, BODY, { authorization: `Bearer ${key}` });
const form = 'multipart/form-data; boundary=XY';
const part = `--XY\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n${'x'.repeat(2_000_000)}`;

describe(`${CLIENTS} clients that send`, () => {
  it.each([
    ['nothing', '', () => ''],
    ['headers without an end', 'x', () => `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nx-a: `],
    ['a body without an end', ' ', () => `${head(CHAT, 'application/json', 100_000)}\r\n{`],
    ['a form without an end', 'x', () => `${head('/v1/audio/transcriptions', form, 9_000_000)}\r\n${part}`],
    [
      'chunks without an end',
      ' ',
      () =>
        `${head(CHAT, 'application/json', 0).replace(/content-length.*/, 'transfer-encoding: chunked')}\r\nffff\r\n`,
    ],
  ])('%s are told so, once, and closed, and nobody else is', async (_, byte, beginning) => {
    const slow = Array.from({ length: CLIENTS }, () => trickle(beginning(), byte));
    const closed = Promise.all(slow);
    const others: number[] = [];
    const open = { count: CLIENTS };
    void closed.then(() => (open.count = 0));
    while (open.count > 0) others.push((await call()).status);
    for (const text of await closed) {
      expect(text).toMatch(/^HTTP\/1\.1 408 [^]*request_timeout/);
      expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    }
    expect(new Set(others)).toEqual(new Set([200]));
    // No file of an upload is kept.
    await until(() => openUploads() === 0);
  });
});

describe(`${CLIENTS} clients that do not read`, () => {
  it('are closed, their calls ended at the provider, and nobody else’s', async () => {
    bench.sandbox.ledger.clear();
    const { hostname, port } = new URL(bench.url);
    const body = BODY.replace('"m"', '"huge"').replace('}]}', '}],"stream":true}');
    const deaf = Array.from({ length: CLIENTS }, () => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.pause();
      socket.write(`${head(CHAT, 'application/json', body.length)}\r\n${body}`);
      return socket;
    });
    const calls = () => bench.sandbox.ledger.requests.filter(({ model }) => model.startsWith('huge'));
    const others: number[] = [];
    const areEnded = () =>
      calls().length === CLIENTS && calls().every(({ abortedAt }) => abortedAt !== undefined);
    while (!areEnded()) others.push((await call()).status);
    expect(new Set(others)).toEqual(new Set([200]));
    expect(calls().some(({ completedAt }) => completedAt !== undefined)).toBe(false);
    for (const socket of deaf) socket.destroy();
  });
});

describe('a client that waits', () => {
  it('for an answer is not slow', async () => {
    const answer = await bench.request('POST', CHAT, BODY.replace('"m"', '"long"'), {
      authorization: `Bearer ${key}`,
    });
    expect(answer.status).toBe(200);
  });
});

function openUploads(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(`${bench.dataDir}/uploads`);
    } catch {
      return false;
    }
  }).length;
}
