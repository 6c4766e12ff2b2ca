import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import { guardedConnector } from './guarded-connector.js';
import type { LookupAll } from './guarded-connector.js';
import { UpstreamClient } from './upstream-client.js';

let server: Server;
let port: number;
let dialled = 0;

beforeAll(async () => {
  server = createServer((socket) => {
    dialled += 1;
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => void server.close());

/** Addresses that a name resolves to, one answer a look. */
function resolver(...answers: string[][]): LookupAll {
  return (_, __, callback) => {
    const addresses = answers.length > 1 ? answers.shift() : answers[0];
    const list = (addresses ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    setImmediate(() => callback(null, list));
  };
}

function dial(hostname: string, denyPrivate: boolean, lookup?: LookupAll): Promise<string> {
  const connect = guardedConnector({ timeoutMs: 2_000, denyPrivate, ...(lookup && { lookup }) });
  return new Promise((resolve) => {
    connect({ hostname, protocol: 'http:', port: String(port) }, (error, socket) => {
      socket?.destroy();
      resolve(error ? ((error as GatewayError).code ?? error.message) : 'connected');
    });
  });
}

describe('a name', () => {
  it.each([
    ['a private address, where those are allowed', ['127.0.0.1'], false, 'connected'],
    ['a private address, where those are denied', ['127.0.0.1'], true, 'upstream_rejected'],
    ['a private one behind a public one', ['1.1.1.1', '10.0.0.1'], true, 'upstream_rejected'],
    ['a metadata address', ['169.254.169.254'], false, 'upstream_rejected'],
    ['a metadata address behind a good one', ['127.0.0.1', 'fe80::1'], false, 'upstream_rejected'],
    ['a mapped metadata address', ['::ffff:169.254.169.254'], false, 'upstream_rejected'],
    ['nothing', [], false, 'upstream_rejected'],
  ])('that resolves to %s', async (_, addresses, denyPrivate, outcome) => {
    expect(await dial('provider.example', denyPrivate, resolver(addresses))).toBe(outcome);
  });

  it('is judged at each look: one that is pointed elsewhere later is refused then', async () => {
    const lookup = resolver(['127.0.0.1'], ['169.254.169.254']);
    expect(await dial('provider.example', false, lookup)).toBe('connected');
    expect(await dial('provider.example', false, lookup)).toBe('upstream_rejected');
  });

  it('that cannot be resolved is an error of its own', async () => {
    const failing: LookupAll = (_, __, callback) => callback(new Error('ENOTFOUND'), []);
    expect(await dial('provider.example', false, failing)).toBe('ENOTFOUND');
  });

  it('of a metadata service is not even looked up', async () => {
    const lookup: LookupAll = () => {
      throw new Error('looked up');
    };
    expect(await dial('metadata.google.internal', false, lookup)).toBe('upstream_rejected');
  });
});

/** One address, in every way that somebody has read it. */
const SPELLINGS = {
  metadata: [
    '169.254.169.254',
    '169.254.169.254.',
    '2852039166',
    '0xa9fea9fe',
    '0xA9.0xFE.0xA9.0xFE',
    '0xa9.254.169.254',
    '025177524776',
    '0251.0376.0251.0376',
    '0251.254.169.254',
    '169.16689662',
    '169.254.43518',
    '169.254.0xa9fe',
    '１６９.254.169.254',
    '169。254。169。254',
    '%31%36%39.254.169.254',
    'user@169.254.169.254',
    'user:word@169.254.169.254',
    'api.openai.com@169.254.169.254',
    '[::ffff:169.254.169.254]',
    '[::ffff:a9fe:a9fe]',
    '[0:0:0:0:0:ffff:a9fe:a9fe]',
    '[::169.254.169.254]',
    '[64:ff9b::a9fe:a9fe]',
    '[2002:a9fe:a9fe::]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '[fd00:ec2:0:0:0:0:0:254]',
    '[FD00:EC2::254]',
    '100.100.100.200',
    '1684301000',
    'metadata.google.internal',
    'METADATA.GOOGLE.INTERNAL',
    'metadata.google.internal.',
  ],
  loopback: [
    '127.0.0.1',
    '127.0.0.1.',
    '127.1',
    '127.0.1',
    '127.1.2.3',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '017700000001',
    '0177.0.0.1',
    '00000177.1',
    '0',
    '0.0.0.0',
    '0x0',
    'localhost',
    'LOCALHOST',
    '①②⑦.0.0.1',
    'x@127.0.0.1',
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
  ],
} as const;

describe('a base URL', () => {
  async function outcome(client: UpstreamClient, host: string): Promise<string> {
    try {
      const { origin } = new URL(`http://${host}:${port}`);
      const exchange = client.send({
        origin,
        path: '/latest/meta-data/',
        method: 'GET',
        headers: [],
        body: undefined,
        timeouts: { ...DEFAULT_TIMEOUTS, connect_ms: 2_000 },
        wholeBytes: 0,
      });
      await exchange.begun();
      exchange.release();
      return 'reached';
    } catch (error) {
      return error instanceof GatewayError ? error.code : String(error);
    }
  }

  it.each(SPELLINGS.metadata)('never leads to a metadata service: %s', async (host) => {
    const client = new UpstreamClient();
    expect(await outcome(client, host)).toBe('upstream_rejected');
    await client.close();
  });

  it.each(SPELLINGS.loopback)('does not lead to this machine where that is denied: %s', async (host) => {
    const client = new UpstreamClient(true);
    const before = dialled;
    expect(await outcome(client, host)).toBe('upstream_rejected');
    expect(dialled).toBe(before);
    await client.close();
  });

  it.each(['127.0.0.1', 'localhost', '2130706433'])('leads there where it is allowed: %s', async (host) => {
    const client = new UpstreamClient();
    expect(await outcome(client, host)).toBe('reached');
    await client.close();
  });
});
