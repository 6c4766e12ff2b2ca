import { describe, expect, it } from 'vitest';
import { GatewayError } from '#contract';
import type { ErrorCode } from '#contract';
import { away, limit, worldOf } from '../../../test/support/routing-world.js';

describe('the wait before the same target is asked again', () => {
  it('is jittered, and doubles', async () => {
    const world = worldOf('a', '', 6);
    world.die = 0.999;
    await world.run(Array.from({ length: 3 }, () => away()));
    expect(world.slept.map(Math.round)).toEqual([250, 500, 999]);
    world.die = 0;
    world.slept.length = 0;
    world.now += 20_000;
    await world.run([away()]);
    expect(world.slept).toEqual([0]);
  });

  it('is what the upstream named, if that is short', async () => {
    const world = worldOf('a');
    expect(await world.run([away(1.5)])).toBe('answer of a');
    expect(world.slept).toEqual([1_501]);
  });

  it('is none where the upstream named a long one', async () => {
    const world = worldOf('a');
    expect(await world.run([away(2.1)])).toBe('upstream_unavailable away');
    expect([world.slept, world.asked]).toEqual([[], ['a']]);
  });

  it('ends when the call does', async () => {
    const world = worldOf('a');
    world.onSleep = () => {
      throw new GatewayError('client_closed_request');
    };
    expect(await world.run([away()])).toBe('client_closed_request ');
    expect([world.asked, world.states.get('p', 'a')?.inFlight]).toEqual([['a'], 0]);
  });

  it('is for nothing when the target was ejected or limited meanwhile', async () => {
    for (const details of [{}, { retryAfter: 9 }]) {
      const world = worldOf('a');
      world.onSleep = () => world.fail('a', 'upstream_unavailable', details, 5);
      expect(await world.run([away()])).toBe('upstream_unavailable away');
      expect(world.asked).toEqual(['a']);
    }
  });

  it('is not begun when the retry budget is spent', async () => {
    const world = worldOf('a');
    const state = world.states.get('p', 'a');
    while (state?.budget.take(0.2, world.now));
    expect(await world.run([away()])).toBe('upstream_unavailable away');
    expect(world.slept).toEqual([]);
  });
});

describe('ejected targets', () => {
  it('are not asked while another one answers', async () => {
    const world = worldOf('a b');
    world.fail('a', 'upstream_unavailable', {}, 5);
    await world.run(['ok']);
    expect(world.asked).toEqual(['b']);
  });

  it('are passed over when they are ejected while the call is under way', async () => {
    const world = worldOf('a b c');
    const run = world.start();
    world.fail('b', 'upstream_unavailable', {}, 5);
    expect(await world.run(['upstream_timeout'], run)).toBe('answer of c');
    expect(world.asked).toEqual(['a', 'c']);
  });

  it('are asked before the call fails: the one whose time ends first', async () => {
    const world = worldOf('a b c');
    world.fail('b', 'upstream_unavailable', {}, 5);
    world.now += 1;
    world.fail('c', 'upstream_unavailable', {}, 5);
    const run = world.start();
    expect(await world.run(['upstream_timeout', 'upstream_timeout'], run)).toBe('upstream_timeout b');
    expect(world.asked).toEqual(['a', 'b']);
  });

  it('get the last attempt rather than a target that just failed', async () => {
    const world = worldOf('a b');
    world.fail('b', 'upstream_unavailable', {}, 5);
    expect(await world.run([away(), away()])).toBe('answer of b');
    expect(world.asked).toEqual(['a', 'a', 'b']);
  });

  it('are asked when all of them were ejected between plan and call', async () => {
    const world = worldOf('a b');
    const run = world.start();
    for (const name of ['a', 'b']) world.fail(name, 'upstream_unavailable', {}, 5);
    expect(await world.run(['ok'], run)).toBe('answer of a');
  });

  it('are asked when there is nobody else, and closed by their answer', async () => {
    const world = worldOf('a');
    world.fail('a', 'upstream_unavailable', {}, 5);
    expect(await world.run(['upstream_unavailable'])).toBe('upstream_unavailable a');
    expect(world.slept).toEqual([]);
    expect(await world.run(['ok'])).toBe('answer of a');
    expect(world.states.get('p', 'a')?.circuit.allows(world.now)).toBe(true);
  });
});

describe('a target that said when to come back', () => {
  it('is not called until then, even if it is the last one', async () => {
    const world = worldOf('a');
    await world.run([limit(7)]);
    const run = world.start().run(
      async () => 'x',
      async () => {},
    );
    await expect(run).rejects.toMatchObject({ code: 'rate_limit_exceeded', status: 429, retryAfter: 7 });
    world.now += 6_999;
    expect(await world.run(['ok'])).toBe('rate_limit_exceeded ');
    world.now += 1;
    expect(await world.run(['ok'])).toBe('answer of a');
    expect(world.asked).toEqual(['a', 'a']);
  });

  it('is not called by a call that was planned before', async () => {
    const world = worldOf('a');
    const run = world.start();
    world.fail('a', 'rate_limit_exceeded', { retryAfter: 7 });
    expect(await world.run(['ok'], run)).toBe('rate_limit_exceeded ');
    expect(world.asked).toEqual([]);
  });

  it('is 503 where it was one', async () => {
    const world = worldOf('a');
    await world.run([away(7)]);
    const run = world.start().run(
      async () => 'x',
      async () => {},
    );
    await expect(run).rejects.toMatchObject({ code: 'upstream_unavailable', status: 503, retryAfter: 7 });
  });

  it.each<[string, GatewayError[], ErrorCode, number | undefined]>([
    ['the shortest wait that was met', [limit(30), away(5)], 'rate_limit_exceeded', 5],
    ['the shortest of limits', [limit(9), limit(30)], 'rate_limit_exceeded', 9],
    ['what another named', [limit(), away(5)], 'rate_limit_exceeded', 5],
    ['of the last error', [away(3), new GatewayError('upstream_timeout')], 'upstream_timeout', 3],
    [
      'not where waiting is in vain',
      [away(3), new GatewayError('upstream_rejected')],
      'upstream_rejected',
      undefined,
    ],
  ])('makes the client come back after %s', async (_, errors, code, retryAfter) => {
    const left = [...errors];
    const run = worldOf('a b').start();
    const answer = run.run(
      async () => {
        throw left.shift();
      },
      async () => {},
    );
    await expect(answer).rejects.toMatchObject({ code, retryAfter });
  });
});
