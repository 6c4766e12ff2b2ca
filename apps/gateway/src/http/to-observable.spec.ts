import { describe, expect, it } from 'vitest';
import { GatewayError } from '#contract';
import { toObservable } from './to-observable.js';
import type { Gate } from './to-observable.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A source that says how often it was pulled, how many pulls ran at once, and whether it was let go. */
function makeSource(pieces: number, failure?: Error) {
  const seen = { pulls: 0, open: 0, mostOpen: 0, returned: false };
  const source = (async function* () {
    try {
      for (let piece = 0; piece < pieces; piece++) {
        seen.pulls++;
        seen.open++;
        seen.mostOpen = Math.max(seen.mostOpen, seen.open);
        await turn();
        seen.open--;
        yield piece;
      }
      if (failure) throw failure;
    } finally {
      seen.returned = true;
    }
  })();
  return { source, seen };
}

const OPEN: Gate = () => undefined;

function collect(source: AsyncGenerator<number>, gate: Gate = OPEN) {
  const got = { pieces: [] as number[], error: undefined as unknown, isComplete: false };
  const aborts: GatewayError[] = [];
  const settled = new Promise<void>((resolve) => {
    toObservable(source, gate, (reason) => aborts.push(reason)).subscribe({
      next: (piece) => got.pieces.push(piece),
      error: (error: unknown) => {
        got.error = error;
        resolve();
      },
      complete: () => {
        got.isComplete = true;
        resolve();
      },
    });
  });
  return { got, aborts, settled };
}

describe('toObservable', () => {
  it('passes every piece in order, one pull at a time, and completes', async () => {
    const { source, seen } = makeSource(5);
    const { got, aborts, settled } = collect(source);
    await settled;
    expect(got).toEqual({ pieces: [0, 1, 2, 3, 4], error: undefined, isComplete: true });
    expect(seen.mostOpen).toBe(1);
    expect(aborts).toEqual([]);
  });

  it('pulls nothing until somebody subscribes', async () => {
    const { source, seen } = makeSource(1);
    toObservable(source, OPEN, () => {});
    await turn();
    expect(seen.pulls).toBe(0);
  });

  it('pulls only while the gate is open', async () => {
    const { source, seen } = makeSource(3);
    const doors: (() => void)[] = [];
    const { got, settled } = collect(source, () => new Promise((resolve) => doors.push(resolve)));
    for (let piece = 0; piece < 3; piece++) {
      await turn();
      await turn();
      expect(seen.pulls).toBe(piece);
      doors.shift()?.();
      await turn();
      await turn();
      expect(got.pieces).toHaveLength(piece + 1);
    }
    doors.shift()?.();
    await settled;
    expect(got.isComplete).toBe(true);
  });

  it('passes an error on, after what came before it', async () => {
    const failure = new Error('cut');
    const { source } = makeSource(2, failure);
    const { got, aborts, settled } = collect(source);
    await settled;
    expect(got).toEqual({ pieces: [0, 1], error: failure, isComplete: false });
    expect(aborts).toEqual([]);
  });

  it('when unsubscribed aborts a source that waits, and lets it go', async () => {
    let end: (error: GatewayError) => void = () => {};
    let returned = false;
    const source = (async function* (): AsyncGenerator<number> {
      try {
        yield 1;
        await new Promise((_, reject) => (end = reject));
      } finally {
        returned = true;
      }
    })();
    const pieces: number[] = [];
    const reasons: string[] = [];
    const subscription = toObservable(source, OPEN, (reason) => {
      reasons.push(reason.code);
      end(reason);
    }).subscribe({ next: (piece) => pieces.push(piece), error: () => pieces.push(-1) });
    await turn();
    subscription.unsubscribe();
    await turn();
    expect(pieces).toEqual([1]);
    expect(reasons).toEqual(['client_closed_request']);
    expect(returned).toBe(true);
  });

  it('when unsubscribed behind a closed gate lets the source go unpulled', async () => {
    const { source, seen } = makeSource(3);
    const { pulls } = seen;
    const subscription = toObservable(
      source,
      () => new Promise(() => {}),
      () => {},
    ).subscribe();
    subscription.unsubscribe();
    await turn();
    expect(seen.pulls).toBe(pulls);
    expect(await source.next()).toEqual({ value: undefined, done: true });
  });
});
