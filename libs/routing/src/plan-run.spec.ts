import { describe, expect, it } from 'vitest';
import { GatewayError } from '#contract';
import type { Target } from '#contract';
import { target, World, worldOf } from '../../../test/support/routing-world.js';
import type { Outcome } from '../../../test/support/routing-world.js';

describe('a call', () => {
  it.each<[string, string, Outcome[], string, string]>([
    ['the first answers', 'a b', ['ok'], 'answer of a', 'a'],
    ['the next answers', 'a b c', ['upstream_unavailable', 'upstream_timeout'], 'answer of c', 'a b c'],
    ['after a rate limit too', 'a b', ['rate_limit_exceeded'], 'answer of b', 'a b'],
    ['after an operator’s fault too', 'a b', ['upstream_rejected'], 'answer of b', 'a b'],
    ['after one that cannot do it', 'a b', ['unsupported_operation'], 'answer of b', 'a b'],
    ['not after the client’s own fault', 'a b', ['upstream_refused'], 'upstream_refused a', 'a'],
    ['not after a fault of ours', 'a b', ['upstream_timeout', 'server_error'], 'server_error b', 'a b'],
    ['not when the client went away', 'a b', ['client_closed_request'], 'client_closed_request a', 'a'],
    [
      'all fail: the last error',
      'a b',
      ['upstream_rejected', 'upstream_timeout'],
      'upstream_timeout b',
      'a b',
    ],
    [
      'a rate limit first',
      'a b',
      ['rate_limit_exceeded', 'upstream_timeout'],
      'rate_limit_exceeded a',
      'a b',
    ],
    [
      'two rate limits: the first',
      'a b',
      ['rate_limit_exceeded', 'rate_limit_exceeded'],
      'rate_limit_exceeded a',
      'a b',
    ],
    ['a rate limit last', 'a b', ['upstream_timeout', 'rate_limit_exceeded'], 'rate_limit_exceeded b', 'a b'],
    [
      'but the client’s fault is final',
      'a b',
      ['rate_limit_exceeded', 'upstream_refused'],
      'upstream_refused b',
      'a b',
    ],
    [
      'three attempts and no more',
      'a b c d',
      ['upstream_timeout', 'upstream_timeout', 'upstream_timeout'],
      'upstream_timeout c',
      'a b c',
    ],
    [
      'whoever has nothing for a parameter is not counted',
      'a b c d',
      ['unsupported_parameter', 'unsupported_parameter', 'unsupported_parameter'],
      'answer of d',
      'a b c d',
    ],
    ['the same target again', 'a', ['upstream_unavailable'], 'answer of a', 'a a'],
    [
      'three times in all',
      'a',
      ['upstream_unavailable', 'upstream_unavailable', 'upstream_unavailable'],
      'upstream_unavailable a',
      'a a a',
    ],
    [
      'the last one again, not the first',
      'a b',
      ['upstream_unavailable', 'upstream_unavailable'],
      'answer of b',
      'a b b',
    ],
    ['not the same again after a timeout', 'a', ['upstream_timeout'], 'upstream_timeout a', 'a'],
    ['nor after a rate limit', 'a', ['rate_limit_exceeded'], 'rate_limit_exceeded a', 'a'],
    ['nobody to ask', '', [], 'upstream_unavailable ', ''],
  ])('%s', async (_, names, outcomes, end, asked) => {
    const world = worldOf(names);
    expect(await world.run(outcomes)).toBe(end);
    expect(world.asked.join(' ')).toBe(asked);
  });

  it('asks as often as its model says', async () => {
    const world = worldOf('a b c d', '', 1);
    expect(await world.run(['upstream_unavailable'])).toBe('upstream_unavailable a');
    expect(world.asked).toEqual(['a']);
  });

  it('asks one after the other, and fallbacks at the end', async () => {
    const world = worldOf('a', 'c');
    expect(await world.run(['upstream_unavailable'])).toBe('answer of c');
    expect([world.asked, world.slept]).toEqual([['a', 'c'], []]);
  });

  it('takes what nobody foresaw for a fault of ours, and asks no further', async () => {
    const world = worldOf('a b');
    const cause = new TypeError('bug');
    const answer = world.start().run(
      () => {
        throw cause;
      },
      async () => {},
    );
    await expect(answer).rejects.toMatchObject({ code: 'server_error', cause });
    expect(world.states.get('p', 'a')?.inFlight).toBe(0);
  });

  it('takes an answer of nothing for an answer', async () => {
    const answer = worldOf('a b')
      .start()
      .run(
        async () => undefined,
        async () => {},
      );
    expect(await answer).toBeUndefined();
  });
});

describe('a request that is too long', () => {
  const TOO_LONG = 'context_length_exceeded';

  it.each<[string, string, string, Outcome[], string, string]>([
    ['goes to a fallback', 'a', 'b', [TOO_LONG], 'answer of b', 'a b'],
    ['or to a target of another upstream model', 'a b', '', [TOO_LONG], 'answer of b', 'a b'],
    ['is told if nobody does better', 'a', 'b', [TOO_LONG, 'upstream_timeout'], `${TOO_LONG} a`, 'a b'],
    ['if the fallback refuses it too', 'a', 'b', [TOO_LONG, 'upstream_refused'], `${TOO_LONG} a`, 'a b'],
    ['if it is too long for all', 'a', 'b c', [TOO_LONG, TOO_LONG, TOO_LONG], `${TOO_LONG} a`, 'a b c'],
    ['if there is no other', 'a', '', [TOO_LONG], `${TOO_LONG} a`, 'a'],
    [
      'is not told when the client went',
      'a',
      'b',
      [TOO_LONG, 'client_closed_request'],
      'client_closed_request b',
      'a b',
    ],
  ])('%s', async (_, names, others, outcomes, end, asked) => {
    const world = worldOf(names, others);
    expect(await world.run(outcomes)).toBe(end);
    expect(world.asked.join(' ')).toBe(asked);
  });

  it('skips the same upstream model at other providers', async () => {
    const world = new World([target('small'), target('small', 'q'), target('large', 'q')]);
    expect(await world.run([TOO_LONG])).toBe('answer of large');
    expect(world.asked).toEqual(['small', 'large']);
  });

  it('goes first to a window that is known to be larger, and not to one that is known not to be', async () => {
    const sized = (model: string, contextWindow?: number): Target => ({ ...target(model), contextWindow });
    const world = new World([
      sized('a', 100),
      sized('equal', 100),
      sized('unknown'),
      sized('small', 50),
      sized('b', 200),
    ]);
    expect(await world.run([TOO_LONG, TOO_LONG])).toBe('answer of unknown');
    expect(world.asked).toEqual(['a', 'b', 'unknown']);
  });

  it('goes on in order where its own window is not known', async () => {
    const sized = (model: string, contextWindow?: number): Target => ({ ...target(model), contextWindow });
    const world = new World([target('a'), target('b'), sized('c', 200)]);
    expect(await world.run([TOO_LONG])).toBe('answer of b');
  });

  it('says nothing against the target', async () => {
    const world = worldOf('a');
    for (let call = 0; call < 9; call++) await world.run([TOO_LONG]);
    expect(world.states.get('p', 'a')).toMatchObject({ failures: 0, inFlight: 0 });
    expect(world.states.get('p', 'a')?.circuit.allows(world.now)).toBe(true);
  });

  it('goes to an ejected fallback when the model was ejected too', async () => {
    const world = worldOf('a', 'b');
    for (const name of ['a', 'b']) world.fail(name, 'upstream_unavailable', {}, 5);
    expect(await world.run([TOO_LONG])).toBe('answer of b');
  });
});

describe('what a run tells', () => {
  it('is a log of its attempts', async () => {
    const world = worldOf('a', 'c');
    const run = world.start();
    const refused = new GatewayError('upstream_unavailable', { upstreamStatus: 502 });
    await world.run([refused], run);
    expect(run.log.map(({ target: { model }, ...rest }) => ({ ...rest, target: model }))).toEqual([
      { target: 'a', model: 'main', startedMs: 0, ms: 10, code: 'upstream_unavailable', upstreamStatus: 502 },
      { target: 'c', model: 'other', startedMs: 10, ms: 10, code: null, upstreamStatus: null },
    ]);
  });

  it('keeps the winner in flight until it is over, and measures it', async () => {
    const world = worldOf('a');
    const run = world.start();
    await world.run(['ok'], run);
    const state = world.states.get('p', 'a');
    expect([state?.inFlight, state?.firstToken.value]).toEqual([1, 10]);
    world.now += 2_000;
    run.finish(100);
    run.finish(100);
    expect([state?.inFlight, state?.tokenRate.value]).toEqual([0, 50]);
  });

  it('counts an answer that breaks off as a failure', async () => {
    const world = worldOf('a');
    for (let call = 0; call < 10; call++) {
      const run = world.start();
      await world.run(['ok'], run);
      run.breakOff(new GatewayError('upstream_unavailable'));
      run.finish();
    }
    const state = world.states.get('p', 'a');
    expect([state?.failures, state?.inFlight]).toEqual([10, 0]);
    expect(state?.circuit.health(world.now)).toMatchObject({ state: 'ejected', reason: 'failure-rate' });
  });

  it('is nothing of a call that nobody was asked for', async () => {
    const run = worldOf('').start();
    run.breakOff(new GatewayError('server_error'));
    run.finish();
    expect(run.log).toEqual([]);
  });
});
