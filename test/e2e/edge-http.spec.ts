import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { rawExchange } from '../support/raw-exchange.js';

let bench: TestBench;
let key: string;

beforeAll(async () => {
  bench = await startBench();
  await bench.addModel('m', 'gpt-upstream');
  key = await bench.addKey();
});
afterAll(() => bench.close());

const BODY = '{"model":"m","messages":[{"role":"user","content":"Hello!"}]}';
const CHUNKED = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

/** A call whose head is its lines; what is in braces is filled in. */
function call(lines: readonly string[], body = BODY, start = 'POST /v1/chat/completions HTTP/1.1'): string {
  const head = [start, `authorization: Bearer ${key}`, 'content-type: application/json', ...lines];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
const HOST = 'host: localhost';
const LENGTH = `content-length: ${BODY.length}`;

describe('a request that is not clear', () => {
  const CASES: [string, () => string][] = [
    ['two different lengths', () => call([HOST, LENGTH, 'content-length: 5'])],
    ['two equal lengths', () => call([HOST, LENGTH, LENGTH])],
    ['two lengths in one line', () => call([HOST, `content-length: ${BODY.length}, ${BODY.length}`])],
    ['a length and chunks', () => call([HOST, LENGTH, 'transfer-encoding: chunked'], CHUNKED)],
    ['chunks and a length', () => call([HOST, 'transfer-encoding: chunked', LENGTH], CHUNKED)],
    ['a negative length', () => call([HOST, 'content-length: -1'])],
    ['a length with a sign', () => call([HOST, `content-length: +${BODY.length}`])],
    ['a length in hexadecimal', () => call([HOST, `content-length: 0x${BODY.length.toString(16)}`])],
    ['a length with a fraction', () => call([HOST, `content-length: ${BODY.length}.0`])],
    ['a length that is no number', () => call([HOST, 'content-length: many'])],
    ['an empty length', () => call([HOST, 'content-length: '])],
    ['a length beyond all numbers', () => call([HOST, 'content-length: 99999999999999999999999'])],
    [
      'chunked twice',
      () => call([HOST, 'transfer-encoding: chunked', 'transfer-encoding: chunked'], CHUNKED),
    ],
    ['chunked, then identity', () => call([HOST, 'transfer-encoding: chunked, identity'], CHUNKED)],
    ['an unknown transfer encoding', () => call([HOST, 'transfer-encoding: cow'], CHUNKED)],
    [
      'an unknown transfer encoding before chunks',
      () => call([HOST, 'transfer-encoding: cow, chunked'], CHUNKED),
    ],
    ['compression as a transfer encoding', () => call([HOST, 'transfer-encoding: gzip, chunked'], CHUNKED)],
    ['a transfer encoding with a tab inside', () => call([HOST, 'transfer-encoding: chu\tnked'], CHUNKED)],
    ['a space before the colon', () => call([HOST, `content-length : ${BODY.length}`])],
    ['a folded header', () => call([HOST, LENGTH, 'x-a: b', ' folded: c'])],
    [
      'a space before the first header',
      () => call([HOST, LENGTH], BODY, 'POST /v1/chat/completions HTTP/1.1\r\n x: y'),
    ],
    ['a header without a colon', () => call([HOST, LENGTH, 'nothing'])],
    ['a header without a name', () => call([HOST, LENGTH, ': nothing'])],
    ['a space in a header’s name', () => call([HOST, LENGTH, 'x a: b'])],
    ['a NUL in a header’s value', () => call([HOST, LENGTH, 'x-a: b\0c'])],
    ['a NUL in a header’s name', () => call([HOST, LENGTH, 'x\0a: b'])],
    ['a bare CR in a header', () => call([HOST, LENGTH, 'x-a: b\rc: d'])],
    ['a bare LF between headers', () => call([HOST, `x-a: b\nc: d`, LENGTH])],
    ['bare LFs only', () => call([HOST, LENGTH]).replaceAll('\r\n', '\n')],
    ['a delete character in a header', () => call([HOST, LENGTH, 'x-a: b\x7fc'])],
    ['no host', () => call([LENGTH])],
    ['two hosts', () => call([HOST, 'host: other', LENGTH])],
    ['two equal hosts', () => call([HOST, HOST, LENGTH])],
    ['a host that is none', () => call(['host: a b/c', LENGTH])],
    [
      'another host in the URL',
      () => call([HOST, LENGTH], BODY, 'POST http://other/v1/chat/completions HTTP/1.1'),
    ],
    ['a URL without a path', () => call([LENGTH], BODY, 'POST *v1/chat/completions HTTP/1.0')],
    ['a NUL in the URL', () => call([HOST, LENGTH], BODY, 'POST /v1/chat/\0completions HTTP/1.1')],
    ['a space in the URL', () => call([HOST, LENGTH], BODY, 'POST /v1/chat/ completions HTTP/1.1')],
    ['an unknown version', () => call([HOST, LENGTH], BODY, 'POST /v1/chat/completions HTTP/1.9')],
    ['no version', () => call([HOST, LENGTH], BODY, 'POST /v1/chat/completions')],
    [
      'chunks in HTTP/1.0',
      () =>
        call(
          [HOST, 'transfer-encoding: chunked', 'connection: keep-alive'],
          CHUNKED,
          'POST /v1/chat/completions HTTP/1.0',
        ),
    ],
    ['HTTP/2 without a word', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['an unknown method', () => call([HOST, LENGTH], BODY, 'STEAL /v1/chat/completions HTTP/1.1')],
    ['a method in small letters', () => call([HOST, LENGTH], BODY, 'post /v1/chat/completions HTTP/1.1')],
    ['a chunk size with a sign', () => call([HOST, 'transfer-encoding: chunked'], `+${CHUNKED}`)],
    ['a chunk size with 0x', () => call([HOST, 'transfer-encoding: chunked'], `0x${CHUNKED}`)],
    [
      'a chunk size beyond all numbers',
      () => call([HOST, 'transfer-encoding: chunked'], `fffffffffffffffff\r\n${BODY}\r\n0\r\n\r\n`),
    ],
    [
      'a chunk longer than it says',
      () => call([HOST, 'transfer-encoding: chunked'], `5\r\n${BODY}\r\n0\r\n\r\n`),
    ],
    [
      'chunks that end in bare LFs',
      () => call([HOST, 'transfer-encoding: chunked'], CHUNKED.replaceAll('\r\n', '\n')),
    ],
    ['too large a header', () => call([HOST, LENGTH, `x-a: ${'b'.repeat(70_000)}`])],
    ['too long a URL', () => call([HOST, LENGTH], BODY, `POST /v1/${'x'.repeat(70_000)} HTTP/1.1`)],
    ['TLS', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['nothing but line ends and words', () => '\r\n\r\nhello\r\n\r\n'],
  ];
  it.each(CASES)('is refused once, and the connection closed: %s', async (_, bytes) => {
    bench.sandbox.ledger.clear();
    // A second call behind it must not be answered.
    const answer = await rawExchange(bench.url, bytes() + call([HOST, LENGTH]));
    expect(answer.statuses).toHaveLength(1);
    expect(answer.statuses[0]).toBeGreaterThanOrEqual(400);
    expect(answer.statuses[0]).toBeLessThan(500);
    expect(answer.isClosed).toBe(true);
    expect(answer.text).toContain('"error":{"message":');
    expect(bench.sandbox.ledger.requests).toHaveLength(0);
  });
});

describe('a request that is odd, and clear', () => {
  const CASES: [string, () => string, number][] = [
    ['chunks', () => call([HOST, 'transfer-encoding: chunked'], CHUNKED), 200],
    [
      'chunks with extensions and trailers',
      () =>
        call(
          [HOST, 'transfer-encoding: chunked'],
          `${CHUNKED.replace('\r\n', ';a=b\r\n').slice(0, -2)}x-t: 1\r\n\r\n`,
        ),
      200,
    ],
    [
      'its own host in the URL',
      () => call([HOST, LENGTH], BODY, 'POST http://localhost/v1/chat/completions HTTP/1.1'),
      200,
    ],
    ['chunks in capital letters', () => call([HOST, 'Transfer-Encoding: CHUNKED'], CHUNKED), 200],
    [
      'its own host in the URL, in capital letters',
      () => call([HOST, LENGTH], BODY, 'POST http://LOCALHOST/v1/chat/completions HTTP/1.1'),
      200,
    ],
    ['white space around a value', () => call([HOST, `content-length:  ${BODY.length} `]), 200],
    ['line ends before it', () => `\r\n\r\n${call([HOST, LENGTH])}`, 200],
    ['an expectation', () => call([HOST, LENGTH, 'expect: 100-continue']), 200],
    ['an unknown expectation', () => call([HOST, LENGTH, 'expect: miracles']), 200],
    ['an upgrade', () => call([HOST, LENGTH, 'connection: upgrade', 'upgrade: websocket']), 200],
    ['any Accept', () => call([HOST, LENGTH, 'accept: application/octet-stream;q=0.1, no/thing']), 200],
    [
      'an unknown query',
      () => call([HOST, LENGTH], BODY, 'POST /v1/chat/completions?api-version=1&x=[ HTTP/1.1'),
      200,
    ],
    ['a trailing slash', () => call([HOST, LENGTH], BODY, 'POST /v1/chat/completions/ HTTP/1.1'), 200],
    ['TRACE', () => call([HOST], '', 'TRACE /v1/models HTTP/1.1'), 405],
    ['OPTIONS of everything', () => call([HOST], '', 'OPTIONS * HTTP/1.1'), 404],
  ];
  it.each(CASES)('is answered once: %s', async (_, bytes, status) => {
    const { statuses } = await rawExchange(bench.url, bytes());
    expect(statuses.filter((one) => one !== 100)).toEqual([status]);
  });

  it('is answered in turn with those behind it', async () => {
    const models = `GET /v1/models HTTP/1.1\r\n${HOST}\r\nauthorization: Bearer ${key}\r\n\r\n`;
    const { statuses } = await rawExchange(bench.url, models + call([HOST, LENGTH]) + models);
    expect(statuses).toEqual([200, 200, 200]);
  });

  // Each message stands for itself, and answers come in the order of their requests (RFC 9112, 9.3.2): what comes
  // behind a good one takes nothing from it, and is never answered in its place.
  it.each([
    ['a length of its own mind', () => call([HOST, 'content-length: 5x'])],
    ['chunks that are none', () => call([HOST, 'transfer-encoding: chunked'], `zz\r\n${BODY}`)],
    ['a chunk longer than it says', () => call([HOST, 'transfer-encoding: chunked'], `5\r\n${BODY}`)],
    ['two hosts', () => call([HOST, HOST, LENGTH])],
    ['no HTTP', () => 'hello\r\n\r\n'],
  ])('is answered before one behind it that is broken: %s', async (_, broken) => {
    bench.sandbox.ledger.clear();
    const bytes = call([HOST, LENGTH]) + broken() + call([HOST, LENGTH]);
    const { statuses, isClosed } = await rawExchange(bench.url, bytes);
    expect([statuses, isClosed]).toEqual([[200, 400], true]);
    expect(bench.sandbox.ledger.requests).toHaveLength(1);
  });

  it('is the last on its connection if it says so', async () => {
    bench.sandbox.ledger.clear();
    const { statuses, isClosed } = await rawExchange(
      bench.url,
      call([HOST, LENGTH, 'connection: close']) + call([HOST, LENGTH]),
    );
    expect([statuses, isClosed]).toEqual([[200], true]);
    expect(bench.sandbox.ledger.requests).toHaveLength(1);
  });

  it('keeps its connection when it is refused, unless the rest of it was not read', async () => {
    const missing = `GET /v1/nothing HTTP/1.1\r\n${HOST}\r\nauthorization: Bearer ${key}\r\n\r\n`;
    expect((await rawExchange(bench.url, missing + missing)).statuses).toEqual([404, 404]);
    const unread = call([HOST, LENGTH], BODY, 'POST /v1/nothing HTTP/1.1');
    const answer = await rawExchange(bench.url, unread + unread);
    expect([answer.statuses, answer.isClosed]).toEqual([[404], true]);
  });

  it('is told to go on when its key is good, and only then', async () => {
    const expecting = call([HOST, LENGTH, 'expect: 100-continue'], '');
    expect((await rawExchange(bench.url, expecting)).statuses).toEqual([100]);
    const unknown = await rawExchange(bench.url, expecting.replace(key, 'sk-unknown'));
    expect(unknown.statuses).toEqual([401]);
  });

  it('as HEAD has the headers of a GET and no body', async () => {
    for (const [path, status] of [
      ['/v1/models', 200],
      ['/v1/models/missing', 404],
      ['/health', 200],
    ] as const) {
      const head = (method: string): string =>
        `${method} ${path} HTTP/1.1\r\n${HOST}\r\nauthorization: Bearer ${key}\r\nconnection: close\r\n\r\n`;
      const [get, only] = [
        await rawExchange(bench.url, head('GET')),
        await rawExchange(bench.url, head('HEAD')),
      ];
      expect([get.statuses, only.statuses]).toEqual([[status], [status]]);
      const names = (text: string): string[] =>
        text
          .slice(0, text.indexOf('\r\n\r\n'))
          .split('\r\n')
          .slice(1)
          .map((line) => line.slice(0, line.indexOf(':')));
      expect(names(only.text)).toEqual(names(get.text));
      expect(only.text.endsWith('\r\n\r\n')).toBe(true);
    }
  });
});
