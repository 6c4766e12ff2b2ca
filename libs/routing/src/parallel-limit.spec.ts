import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '#contract';
import { ParallelLimit } from './parallel-limit.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Comes in, or says why not; tells the order in which that happened. */
function visit(limit: ParallelLimit, name: string, seen: string[]): Promise<void> {
  return limit.enter().then(
    () => void seen.push(name),
    (error: GatewayError) => void seen.push(`${name}: ${error.code}`),
  );
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('so many at once', () => {
  it('go in; the others wait, first come, first served', async () => {
    const limit = new ParallelLimit(2);
    const seen: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) void visit(limit, name, seen);
    await settle();
    expect(seen).toEqual(['a', 'b']);
    limit.leave();
    await settle();
    expect(seen).toEqual(['a', 'b', 'c']);
    limit.leave();
    limit.leave();
    await settle();
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    expect(limit.waiting).toBe(0);
  });

  it('nobody jumps the line', async () => {
    const limit = new ParallelLimit(1);
    expect(limit.tryEnter()).toBe(true);
    expect(limit.tryEnter()).toBe(false);
    const seen: string[] = [];
    void visit(limit, 'a', seen);
    limit.leave();
    expect(limit.tryEnter()).toBe(false);
    await settle();
    expect(seen).toEqual(['a']);
  });

  it('a line has an end', async () => {
    const limit = new ParallelLimit(1);
    const seen: string[] = [];
    for (const name of ['in', '1', '2', '3', '4', 'too many']) void visit(limit, name, seen);
    await settle();
    expect(seen).toEqual(['in', 'too many: provider_busy']);
  });

  it('nobody waits for ever', async () => {
    const limit = new ParallelLimit(1);
    const seen: string[] = [];
    for (const name of ['in', 'waiting']) void visit(limit, name, seen);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(seen).toEqual(['in']);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen).toEqual(['in', 'waiting: provider_busy']);
    limit.leave();
    expect(limit.tryEnter()).toBe(true);
  });

  it('who goes away while waiting takes nobody’s place', async () => {
    const limit = new ParallelLimit(1);
    expect(limit.tryEnter()).toBe(true);
    let leave: (error: GatewayError) => void = () => {};
    const gone = limit.enter((how) => (leave = how));
    const next = limit.enter();
    leave(new GatewayError('client_closed_request'));
    await expect(gone).rejects.toMatchObject({ code: 'client_closed_request' });
    limit.leave();
    await next;
    leave(new GatewayError('client_closed_request'));
    expect(limit.waiting).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a larger limit lets in who waits, when somebody leaves', async () => {
    const limit = new ParallelLimit(1);
    const seen: string[] = [];
    for (const name of ['a', 'b', 'c']) void visit(limit, name, seen);
    limit.most = 3;
    limit.leave();
    await settle();
    expect(seen).toEqual(['a', 'b', 'c']);
  });
});
