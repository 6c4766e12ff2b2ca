import type { Dispatcher } from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import { Deadlines } from './deadlines.js';
import { Exchange } from './exchange.js';

/** A socket's controls, in place of undici's. */
class Controls implements Dispatcher.DispatchController {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  abort(reason: Error): void {
    this.aborted = true;
    this.reason = reason;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
}

const KIB = 1024;
const gone = new GatewayError('client_closed_request');

function start(totalMs = 60_000, wholeBytes = 0) {
  const controls = new Controls();
  const exchange = new Exchange(new Deadlines(), { ...DEFAULT_TIMEOUTS, total_ms: totalMs }, wholeBytes);
  exchange.onRequestStart(controls);
  const give = (bytes: number): void => exchange.onResponseData(controls, Buffer.alloc(bytes, 'x'));
  return { controls, exchange, give };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('pieces that nobody asks for', () => {
  it('make the socket rest, and the next read wakes it', async () => {
    const { controls, exchange, give } = start();
    give(60 * KIB);
    expect(controls.paused).toBe(false);
    give(60 * KIB);
    expect(controls.paused).toBe(true);
    expect((await exchange.read())?.map(({ length }) => length)).toEqual([60 * KIB, 60 * KIB]);
    expect(controls.paused).toBe(false);
    give(60 * KIB);
    expect(controls.paused).toBe(false);
    exchange.onResponseEnd();
  });

  it('never rest while somebody waits for them', async () => {
    const { controls, exchange, give } = start();
    for (let count = 0; count < 5; count++) {
      const read = exchange.read();
      give(100 * KIB);
      expect(controls.paused).toBe(false);
      expect(await read).toHaveLength(1);
    }
    exchange.onResponseEnd();
  });

  it('are still given when the answer has ended, then its end', async () => {
    const { exchange, give } = start();
    give(1);
    exchange.onResponseEnd();
    expect(await exchange.read()).toHaveLength(1);
    expect(await exchange.read()).toBeUndefined();
    expect(await exchange.read()).toBeUndefined();
  });

  it('are thrown away once the reader has let go', () => {
    const { controls, exchange, give } = start();
    give(200 * KIB);
    expect(controls.paused).toBe(true);
    exchange.release();
    expect(controls.paused).toBe(false);
    give(200 * KIB);
    expect(controls.paused).toBe(false);
    exchange.onResponseEnd();
    vi.advanceTimersByTime(60_000);
    expect(controls.aborted).toBe(false);
  });
});

describe('the head', () => {
  it('is that of the answer, not of what comes before it', async () => {
    const { controls, exchange } = start();
    exchange.onResponseStart(controls, 103, { link: 'x' });
    exchange.onResponseStart(controls, 200, { a: 'b' });
    await exchange.begun();
    expect(exchange).toMatchObject({ status: 200, headers: { a: 'b' } });
    exchange.onResponseEnd();
  });
});

describe('the beginning', () => {
  it('is the last byte of an answer that is awaited whole', async () => {
    const { controls, exchange, give } = start(60_000, 100 * KIB);
    const begun = vi.fn();
    void exchange.begun().then(begun);
    exchange.onResponseStart(controls, 200, {});
    give(90 * KIB);
    await Promise.resolve();
    expect(begun).not.toHaveBeenCalled();
    expect(controls.paused).toBe(false);
    exchange.onResponseEnd();
    await Promise.resolve();
    expect(begun).toHaveBeenCalledOnce();
    expect(exchange.takeWhole()).toHaveLength(90 * KIB);
  });

  it('is what comes of an answer that is too large for that, and the socket rests', async () => {
    const { controls, exchange, give } = start(60_000, 100 * KIB);
    exchange.onResponseStart(controls, 200, {});
    give(90 * KIB);
    give(90 * KIB);
    await exchange.begun();
    expect(exchange.ended).toBe(false);
    expect(controls.paused).toBe(true);
    expect(await exchange.read()).toHaveLength(2);
    expect(controls.paused).toBe(false);
    exchange.onResponseEnd();
  });
});

describe('an end before its time', () => {
  it('is passed to undici even when the call had not started', async () => {
    const exchange = new Exchange(new Deadlines(), DEFAULT_TIMEOUTS, 0);
    exchange.abort(gone);
    const controls = new Controls();
    exchange.onRequestStart(controls);
    expect(controls.reason).toBe(gone);
    await expect(exchange.begun()).rejects.toBe(gone);
  });

  it('keeps its first reason', async () => {
    const { controls, exchange } = start();
    exchange.abort(gone);
    exchange.abort(new GatewayError('upstream_timeout'));
    exchange.onResponseError(controls, new Error('aborted'));
    await expect(exchange.read()).rejects.toBe(gone);
    expect(controls.reason).toBe(gone);
  });

  it('comes with the total time, and not after the answer is read', async () => {
    const { controls, exchange } = start(1_000);
    vi.advanceTimersByTime(999);
    expect(controls.aborted).toBe(false);
    vi.advanceTimersByTime(2);
    expect(controls.reason).toMatchObject({ code: 'upstream_timeout' });
    await expect(exchange.begun()).rejects.toMatchObject({ code: 'upstream_timeout' });
    const other = start(1_000);
    other.exchange.onResponseEnd();
    vi.advanceTimersByTime(5_000);
    expect(other.controls.aborted).toBe(false);
  });

  it('comes soon after the reader has let go, and leaves no timer behind', () => {
    const { controls, exchange } = start();
    exchange.release();
    expect(controls.aborted).toBe(false);
    vi.advanceTimersByTime(1_000);
    expect(controls.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a whole answer', () => {
  it('is given up when it is larger than anybody means', async () => {
    const { controls, exchange } = start();
    const all = exchange.readAll();
    const piece = Buffer.alloc(32 * KIB * KIB);
    for (let count = 0; count < 9; count++) {
      exchange.onResponseData(controls, piece);
      await Promise.resolve();
    }
    await expect(all).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(controls.aborted).toBe(true);
  });
});
