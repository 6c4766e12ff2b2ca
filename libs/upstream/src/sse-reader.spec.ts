import type { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import type { SseEvent } from '#contract';
import { Deadlines } from './deadlines.js';
import { Exchange } from './exchange.js';
import { SseReader } from './sse-reader.js';

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
  const give = (data: string | Buffer): void => exchange.onResponseData(controls, Buffer.from(data));
  const reader = new SseReader(exchange);
  const next = async (): Promise<string[] | undefined> => {
    const events: string[] = [];
    const sink = { event: ({ data }: SseEvent) => void events.push(data.toString()) };
    let pieces: Buffer[] | undefined;
    do reader.feed((pieces = await reader.read()), sink);
    while (pieces && events.length === 0);
    return events.length > 0 ? events : undefined;
  };
  return { exchange, give, next };
}

describe('the events of an answer', () => {
  it('come as many at a time as have come', async () => {
    const { exchange, give, next } = open();
    give('data: a\n\ndata: b\n\ndata: c');
    give('c\n\n');
    expect(await next()).toEqual(['a', 'b', 'cc']);
    const later = next();
    give('data: d\n\n');
    expect(await later).toEqual(['d']);
    exchange.onResponseEnd();
    expect(await next()).toBeUndefined();
  });

  it('are never an empty batch', async () => {
    const { exchange, give, next } = open();
    const first = next();
    for (const piece of [': comment\n\n', 'da', 'ta: ', 'a\n', '\n']) {
      give(piece);
      await Promise.resolve();
    }
    expect(await first).toEqual(['a']);
    exchange.onResponseEnd();
    expect(await next()).toBeUndefined();
  });

  it('have one that lacks its last line end', async () => {
    const { exchange, give, next } = open();
    give('data: a\n\ndata: [DONE]');
    exchange.onResponseEnd();
    expect(await next()).toEqual(['a']);
    expect(await next()).toEqual(['[DONE]']);
    expect(await next()).toBeUndefined();
  });

  it('are those before a cut, then the cut; half an event is none', async () => {
    const { exchange, give, next } = open();
    give('data: a\n\ndata: b');
    expect(await next()).toEqual(['a']);
    const pending = next();
    exchange.onResponseError(controls, new Error('other side closed'));
    await expect(pending).rejects.toMatchObject({ code: 'upstream_unavailable' });
    await expect(next()).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });

  it('end with the reason of an abort', async () => {
    const { exchange, next } = open();
    const pending = next();
    exchange.abort(new GatewayError('client_closed_request'));
    await expect(pending).rejects.toMatchObject({ code: 'client_closed_request' });
  });

  it('end where one has no bounds', async () => {
    const { exchange, give, next } = open();
    const piece = Buffer.alloc(33 * 1024 * 1024, 'x');
    give('data: ');
    give(piece);
    give(piece);
    await expect(next()).rejects.toMatchObject({ code: 'upstream_unavailable' });
    exchange.abort(new GatewayError('client_closed_request'));
  });
});
