import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PrimaryMessage } from './messages.js';
import { WorkerFigures } from './worker-figures.js';
import type { Worker } from './worker-pool.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const figuresOf = (value: number) => [{ name: 'a', type: 'counter', values: [{ value }] }];

/** So many workers, and what they were asked. */
function makeFigures(...ids: number[]) {
  const asked: [worker: number, message: PrimaryMessage][] = [];
  const workers = ids.map(
    (id) =>
      ({
        id,
        isConnected: () => true,
        send: (message: PrimaryMessage) => asked.push([id, message]) > 0,
      }) as unknown as Worker,
  );
  return { asked, figures: new WorkerFigures(() => workers) };
}

describe('figures of workers', () => {
  it('are there when all have answered', async () => {
    const { asked, figures } = makeFigures(1, 2);
    const first = figures.ask();
    const second = figures.ask();
    expect(asked.map(([worker, message]) => [worker, message.kind])).toEqual(
      [1, 2, 1, 2].map((worker) => [worker, 'metrics']),
    );
    for (const worker of [1, 2]) figures.receive(worker, 2, figuresOf(20 + worker));
    for (const worker of [2, 1]) figures.receive(worker, 1, figuresOf(10 + worker));
    expect([...(await first)].sort()).toEqual([1, 2].map((worker) => [worker, figuresOf(10 + worker)]));
    expect([...(await second)]).toEqual([1, 2].map((worker) => [worker, figuresOf(20 + worker)]));
  });

  it.each([
    ['before it answers', false],
    ['when it has answered, and others have not', true],
  ])('are without those of one that dies %s', async (_, hasAnswered) => {
    const { figures } = makeFigures(1, 2);
    const asking = figures.ask();
    if (hasAnswered) figures.receive(1, 1, figuresOf(1));
    figures.forget(1);
    figures.receive(2, 1, figuresOf(2));
    expect([...(await asking)]).toEqual([[2, figuresOf(2)]]);
  });

  it('are not there when one that lives does not answer', async () => {
    const { figures } = makeFigures(1, 2);
    const asking = figures.ask();
    asking.catch(() => {});
    figures.receive(1, 1, figuresOf(1));
    await vi.advanceTimersByTimeAsync(5_000);
    await expect(asking).rejects.toThrow('5000 ms');
    // Too late is as never.
    figures.receive(2, 1, figuresOf(2));
  });

  it('of nobody are none', async () => {
    expect((await makeFigures().figures.ask()).size).toBe(0);
  });
});
