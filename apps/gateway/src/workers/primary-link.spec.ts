import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { WorkerMessage } from './messages.js';
import { PrimaryLink } from './primary-link.js';
import type { Channel } from './primary-link.js';

class FakeChannel extends EventEmitter implements Channel {
  connected = true;
  readonly sent: WorkerMessage[] = [];

  send(message: WorkerMessage): void {
    this.sent.push(message);
  }

  close(): void {
    this.connected = false;
    this.emit('disconnect');
  }
}

async function join() {
  const channel = new FakeChannel();
  const joining = PrimaryLink.join(channel);
  channel.emit('message', { kind: 'welcome', gatewayId: 'g' });
  const link = await joining;
  const done: string[] = [];
  const serve = (): void =>
    link.serve({ stop: () => void done.push('stop'), reload: () => void done.push('reload') });
  return { channel, link, done, serve, hear: (message: object) => channel.emit('message', message) };
}

describe('a worker', () => {
  it('says that it is there, and is told who its gateway is', async () => {
    const { channel, link } = await join();
    expect(channel.sent).toEqual([{ kind: 'joins' }]);
    expect(link.gatewayId).toBe('g');
  });

  it('knows how many there are, itself at least', async () => {
    const { link, hear } = await join();
    expect(link.workers).toBe(1);
    for (const [count, known] of [
      [3, 3],
      [0, 1],
    ] as const) {
      hear({ kind: 'workers', count });
      expect(link.workers).toBe(known);
    }
  });

  it('reloads as often as it is told to, and stops once', async () => {
    const { channel, done, serve, hear } = await join();
    serve();
    for (const kind of ['reload', 'reload', 'stop', 'stop']) hear({ kind });
    channel.close();
    expect(done).toEqual(['reload', 'reload', 'stop']);
  });

  it('stops when its primary is gone', async () => {
    const { channel, done, serve } = await join();
    serve();
    channel.close();
    expect(done).toEqual(['stop']);
  });

  it('stops when it was told so before it could', async () => {
    const { done, serve, hear } = await join();
    hear({ kind: 'stop' });
    serve();
    expect(done).toEqual(['stop']);
  });

  it('says what it has counted when it is asked, which is nothing at first', async () => {
    const { channel, link, hear } = await join();
    hear({ kind: 'metrics', id: 1 });
    const figures = [{ name: 'a', type: 'counter', values: [] }];
    link.onMetrics(() => Promise.resolve(figures));
    hear({ kind: 'metrics', id: 2 });
    await new Promise(setImmediate);
    expect(channel.sent.slice(1)).toEqual([
      { kind: 'metrics', id: 1, figures: [] },
      { kind: 'metrics', id: 2, figures },
    ]);
  });

  it('has its faults told by its primary, and tells them itself when that is gone', async () => {
    const { channel, link } = await join();
    const told: unknown[] = [];
    const teller = link.tellerOr({ warn: (...line) => told.push(line), info: (...line) => told.push(line) });
    teller.warn({ event: 'e', times: 2, err: new TypeError('why') }, 'away');
    teller.warn({ event: 'e', times: 1, err: undefined }, 'away');
    teller.info({ event: 'e' }, 'back');
    expect(channel.sent.slice(1)).toEqual([
      {
        kind: 'fault',
        event: 'e',
        message: 'away',
        times: 2,
        err: expect.objectContaining({ type: 'TypeError', message: 'why' }),
      },
      { kind: 'fault', event: 'e', message: 'away', times: 1 },
      { kind: 'fault_over', event: 'e', message: 'back' },
    ]);
    expect(told).toEqual([]);
    channel.close();
    const error = new Error('why');
    teller.warn({ event: 'e', times: 1, err: error }, 'away');
    teller.info({ event: 'e' }, 'back');
    expect(told).toEqual([
      [{ event: 'e', times: 1, err: error }, 'away'],
      [{ event: 'e' }, 'back'],
    ]);
    expect(channel.sent).toHaveLength(4);
  });

  it('hears of its limits, and that nobody counts them any more', async () => {
    const { channel, link, hear } = await join();
    const heard: unknown[] = [];
    link.onLimits(
      (answers) => heard.push(answers),
      () => heard.push('lost'),
    );
    link.askLimits({ settled: [], asked: [] });
    hear({ kind: 'limits', answers: [] });
    channel.close();
    expect(heard).toEqual([[], 'lost']);
    expect(() => link.askLimits({ settled: [], asked: [] })).toThrow('gone');
    link.tellListening('http://localhost', undefined);
    expect(channel.sent).toEqual([
      { kind: 'joins' },
      { kind: 'limits', questions: { settled: [], asked: [] } },
    ]);
  });
});
