import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PrimaryMessage } from './messages.js';
import { PROVEN_MS } from './restart-pause.js';
import { WorkerPool } from './worker-pool.js';
import type { Worker } from './worker-pool.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A process that does what it is told to. */
class FakeWorker extends EventEmitter implements Worker {
  readonly told: PrimaryMessage[] = [];
  readonly signals: string[] = [];
  readonly process;
  private isAlive = true;

  constructor(readonly id: number) {
    super();
    this.process = { pid: 100 + id, kill: (signal: string) => this.signals.push(signal) > 0 };
  }

  isConnected(): boolean {
    return this.isAlive;
  }

  send(message: PrimaryMessage): boolean {
    return this.told.push(message) > 0;
  }

  listen(): void {
    this.emit('message', { kind: 'listens', url: `http://127.0.0.1:${this.id}`, model: 'm' });
  }

  exit(code: number | null, signal: string | null = null): void {
    this.isAlive = false;
    this.emit('exit', code, signal);
  }

  get lastCount(): number | undefined {
    return this.told.flatMap((message) => (message.kind === 'workers' ? [message.count] : [])).at(-1);
  }
}

function makePool(count: number) {
  const forked: FakeWorker[] = [];
  const lines: object[] = [];
  const heard: unknown[] = [];
  const died: number[] = [];
  let now = 1;
  const pool = new WorkerPool({
    count,
    gatewayId: 'g',
    fork: () => {
      const worker = new FakeWorker(forked.length + 1);
      forked.push(worker);
      return worker;
    },
    logger: { error: (line: object) => void lines.push(line), info: () => {} },
    clock: () => now,
    heard: ({ id }, message) => heard.push([id, message]),
    died: ({ id }) => died.push(id),
  });
  return {
    pool,
    forked,
    lines,
    heard,
    died,
    at: (index: number) => forked[index] as FakeWorker,
    pass: (ms: number) => {
      now += ms;
      vi.advanceTimersByTime(ms);
    },
  };
}

/** All of them listen. */
async function startPool(count: number) {
  const made = makePool(count);
  const up = made.pool.start();
  made.at(0).listen();
  for (const worker of made.forked.slice(1)) worker.listen();
  expect(await up).toMatchObject({ url: 'http://127.0.0.1:1', model: 'm' });
  return made;
}

describe('workers at their start', () => {
  it('come up one first, then the others', async () => {
    const { pool, forked, at } = makePool(3);
    let isUp = false;
    void pool.start().then(() => (isUp = true));
    expect(forked).toHaveLength(1);
    expect(at(0).told).toEqual([]);
    at(0).emit('message', { kind: 'joins' });
    expect(at(0).told).toEqual([{ kind: 'welcome', gatewayId: 'g' }]);
    at(0).listen();
    expect(forked).toHaveLength(3);
    at(2).listen();
    await Promise.resolve();
    expect(isUp).toBe(false);
    at(1).listen();
    await Promise.resolve();
    expect(isUp).toBe(true);
    expect(forked.map(({ lastCount }) => lastCount)).toEqual([3, 3, 3]);
  });

  it.each<[number | null, string | null, number]>([
    [1, null, 1],
    [7, null, 7],
    [null, 'SIGKILL', 1],
    [0, null, 1],
  ])('are given up when the first ends with %s %s', async (code, signal, exitCode) => {
    const { pool, forked, at } = makePool(3);
    const up = pool.start();
    at(0).exit(code, signal);
    await expect(up).rejects.toMatchObject({ exitCode });
    expect(forked).toHaveLength(1);
  });

  it('are replaced when a later one fails, and then are all there', async () => {
    const { pool, forked, at, pass } = makePool(2);
    const up = pool.start();
    at(0).listen();
    at(1).exit(1);
    pass(0);
    expect(forked).toHaveLength(3);
    at(2).listen();
    await expect(up).resolves.toBeDefined();
  });
});

describe('a worker that dies', () => {
  it('is replaced at once, and told of', async () => {
    const { forked, lines, died, at, pass } = await startPool(2);
    at(1).exit(null, 'SIGKILL');
    expect(died).toEqual([2]);
    expect(at(0).lastCount).toBe(1);
    expect(lines).toEqual([
      { event: 'worker_ended', worker: 2, pid: 102, code: null, signal: 'SIGKILL', restart_ms: 0 },
    ]);
    pass(0);
    expect(forked).toHaveLength(3);
    at(2).listen();
    expect(at(0).lastCount).toBe(2);
  });

  it('again and again is replaced later and later, until one has served for long', async () => {
    const { forked, at, pass } = await startPool(2);
    for (const pause of [0, 500, 1_000, 2_000]) {
      at(forked.length - 1).exit(1);
      const before = forked.length;
      if (pause > 0) pass(pause - 1);
      expect(forked).toHaveLength(before);
      pass(pause > 0 ? 1 : 0);
      expect(forked).toHaveLength(before + 1);
    }
    at(forked.length - 1).listen();
    pass(PROVEN_MS);
    at(forked.length - 1).exit(1);
    const before = forked.length;
    pass(0);
    expect(forked).toHaveLength(before + 1);
  });
});

describe('workers that are to stop', () => {
  it('are waited for, and not replaced', async () => {
    const { pool, forked, at } = await startPool(2);
    const stopped = pool.stop();
    expect(forked.map(({ told }) => told.at(-1))).toEqual([{ kind: 'stop' }, { kind: 'stop' }]);
    at(0).exit(0);
    at(1).exit(0);
    expect(await stopped).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(forked).toHaveLength(2);
  });

  it.each<[number | null, string | null]>([
    [1, null],
    [null, 'SIGKILL'],
  ])('have not all ended well when one ends with %s %s', async (code, signal) => {
    const { pool, at } = await startPool(2);
    const stopped = pool.stop();
    at(0).exit(code, signal);
    at(1).exit(0);
    expect(await stopped).toBe(false);
  });

  it('are not replaced when that was about to be', async () => {
    const { pool, forked, at } = await startPool(2);
    for (const worker of forked) worker.exit(1);
    expect(await pool.stop()).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(forked).toHaveLength(2);
    expect(at(0).told).not.toContainEqual({ kind: 'stop' });
  });

  it('while they start end there', async () => {
    const { pool, at, forked } = makePool(2);
    pool.start().catch(() => {});
    const stopped = pool.stop();
    at(0).emit('message', { kind: 'joins' });
    expect(at(0).told.at(-1)).toEqual({ kind: 'stop' });
    at(0).listen();
    at(0).exit(0);
    expect(await stopped).toBe(true);
    expect(forked).toHaveLength(1);
  });

  it('at once are killed', async () => {
    const { pool, forked } = await startPool(2);
    pool.kill();
    expect(forked.map(({ signals }) => signals)).toEqual([['SIGKILL'], ['SIGKILL']]);
  });
});

it('what workers say is heard, by whom', async () => {
  const { heard, at } = await startPool(2);
  const message = { kind: 'metrics', id: 3, figures: [] };
  at(1).emit('message', message);
  expect(heard).toEqual([[2, message]]);
});
