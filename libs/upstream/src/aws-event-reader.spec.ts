import type { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import type { SseEvent } from '#contract';
import { awsFrame } from '../../../test/support/aws-frames.js';
import { AwsEventReader } from './aws-event-reader.js';
import { Deadlines } from './deadlines.js';
import { Exchange } from './exchange.js';

const controls: Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  abort() {},
  pause() {},
  resume() {},
};

function open() {
  const exchange = new Exchange(new Deadlines(), DEFAULT_TIMEOUTS, 0);
  exchange.onRequestStart(controls);
  const reader = new AwsEventReader(exchange);
  const names: unknown[] = [];
  const sink = { event: ({ event }: SseEvent) => void names.push(event) };
  const readAll = async (): Promise<unknown[]> => {
    let pieces: Buffer[] | undefined;
    do reader.feed((pieces = await reader.read()), sink);
    while (pieces);
    return names;
  };
  return { exchange, names, readAll, give: (bytes: Buffer) => exchange.onResponseData(controls, bytes) };
}

const START = awsFrame('messageStart', '{"role":"assistant"}');
const STOP = awsFrame('messageStop', '{"stopReason":"end_turn"}');

describe('an answer in AWS’s event stream', () => {
  it('is read to its end', async () => {
    const { exchange, give, readAll } = open();
    give(START.subarray(0, 30));
    give(Buffer.concat([START.subarray(30), STOP]));
    exchange.onResponseEnd();
    expect(await readAll()).toEqual(['messageStart', 'messageStop']);
    expect(await readAll()).toHaveLength(2);
  });

  it.each<[string, Buffer, string]>([
    ['is cut inside of an event', STOP.subarray(0, 40), 'cut inside of an event'],
    ['is not what it says', Buffer.concat([STOP.subarray(0, -1), Buffer.from([0])]), 'checksum'],
    ['is text', Buffer.from('data: {"a":"server-sent event"}\n\n'), 'checksum'],
  ])('is an error where it %s, behind what came before', async (_, bytes, message) => {
    const { exchange, names, give, readAll } = open();
    give(Buffer.concat([START, bytes]));
    exchange.onResponseEnd();
    const failed = readAll();
    await expect(failed).rejects.toMatchObject({ code: 'upstream_unavailable', retry: 'same' });
    await expect(failed).rejects.toThrow(message);
    expect(names).toEqual(['messageStart']);
  });

  it('tells of a socket that breaks', async () => {
    const { exchange, give, readAll } = open();
    give(START);
    const failed = readAll();
    exchange.abort(new GatewayError('upstream_timeout'));
    await expect(failed).rejects.toMatchObject({ code: 'upstream_timeout' });
  });
});
