import { describe, expect, it } from 'vitest';
import { GatewayError } from '#contract';
import { toObservable } from './to-observable.js';
import type { Gate, Source } from './to-observable.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A source that says how far it has come, and waits where it is told to. */
function makeSource(pieces: number, failure?: Error) {
  const seen = { emitted: 0, isOver: false };
  const source: Source<number> = async (emit) => {
    try {
      for (let piece = 0; piece < pieces; piece++) {
        await turn();
        seen.emitted++;
        const full = emit(piece);
        if (full) await full;
      }
      if (failure) throw failure;
    } finally {
      seen.isOver = true;
    }
  };
  return { source, seen };
}

const OPEN: Gate = () => undefined;

function collect(source: Source<number>, gate: Gate = OPEN) {
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
  it('passes every piece in order, and completes', async () => {
    const { got, aborts, settled } = collect(makeSource(5).source);
    await settled;
    expect(got).toEqual({ pieces: [0, 1, 2, 3, 4], error: undefined, isComplete: true });
    expect(aborts).toEqual([]);
  });

  it('starts nothing until somebody subscribes', async () => {
    const { source, seen } = makeSource(1);
    toObservable(source, OPEN, () => {});
    await turn();
    await turn();
    expect(seen.emitted).toBe(0);
  });

  it('holds the source back while the gate is closed', async () => {
    const { source, seen } = makeSource(3);
    const doors: (() => void)[] = [];
    const { got, settled } = collect(source, () => new Promise((resolve) => doors.push(resolve)));
    for (let piece = 1; piece <= 3; piece++) {
      for (let turns = 0; turns < 4; turns++) await turn();
      expect(seen.emitted).toBe(piece);
      expect(got.pieces).toHaveLength(piece);
      doors.shift()?.();
    }
    await settled;
    expect(got.isComplete).toBe(true);
  });

  it('passes an error on, after what came before it', async () => {
    const failure = new Error('cut');
    const { got, aborts, settled } = collect(makeSource(2, failure).source);
    await settled;
    expect(got).toEqual({ pieces: [0, 1], error: failure, isComplete: false });
    expect(aborts).toEqual([]);
  });

  it('when unsubscribed aborts a source that waits, and hears no more of it', async () => {
    let end: (error: GatewayError) => void = () => {};
    let isOver = false;
    const source: Source<number> = async (emit) => {
      try {
        emit(1);
        await new Promise((_, reject) => (end = reject));
      } finally {
        isOver = true;
        emit(2);
      }
    };
    const heard: unknown[] = [];
    const reasons: string[] = [];
    const subscription = toObservable(source, OPEN, (reason) => {
      reasons.push(reason.code);
      end(reason);
    }).subscribe({
      next: (piece) => heard.push(piece),
      error: (error: unknown) => heard.push(error),
      complete: () => heard.push('complete'),
    });
    await turn();
    subscription.unsubscribe();
    await turn();
    expect(heard).toEqual([1]);
    expect(reasons).toEqual(['client_closed_request']);
    expect(isOver).toBe(true);
  });
});
