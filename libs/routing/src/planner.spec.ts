import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS } from '#contract';
import type { Target } from '#contract';
import type { HealthChange } from './circuit.js';
import type { Model } from './model.js';
import { refuse } from './plan.js';
import type { Plan } from './plan.js';
import { Planner } from './planner.js';
import type { PlannedCall } from './planner.js';
import { TargetStates } from './target-states.js';

const NOW = 1_000_000;
const USAGE = { promptTokens: 1, completionTokens: 1, images: 0, audioSeconds: 0, characters: 0 };
const CALL: PlannedCall = {
  streamed: false,
  expectedUsage: () => USAGE,
  canAnswer: ({ model }) => !model.startsWith('mute'),
};

function target(name: string, priority = 0): Target {
  const provider = { id: 'p', name: 'p', type: 'x', baseUrl: 'http://x', secret: undefined, headers: {} };
  return { provider, model: name, priority, timeouts: DEFAULT_TIMEOUTS };
}

function model(id: string, targets: readonly Target[], rest: Partial<Model> = {}): Model {
  return { id, ownedBy: 'x', created: 0, targets, ...rest };
}

type Ill = Readonly<Record<string, HealthChange>>;
const ejected = (inMs: number): HealthChange => ({
  state: 'ejected',
  until: NOW + inMs,
  reason: 'failures',
});
const cooling = (inMs: number, reason: 'rate-limit' | 'unavailable' = 'rate-limit'): HealthChange => ({
  state: 'cooling',
  until: NOW + inMs,
  reason,
});

/** Plans for a model with targets of these names, and a fallback `other`. */
function plan(names: string, ill: Ill = {}, others = ''): Plan {
  const states = new TargetStates();
  const targets = (list: string): Target[] =>
    list
      .split(' ')
      .filter(Boolean)
      .map((name) => target(name));
  const all = [...targets(names), ...targets(others)];
  for (const each of all) states.of(each);
  for (const [name, change] of Object.entries(ill)) states.adopt('p', name, change);
  const fallbacks = others === '' ? [] : [model('other', targets(others))];
  return new Planner(states, () => 0).plan(model('main', targets(names)), fallbacks, CALL, NOW);
}

const steps = (made: Plan): string =>
  made.steps.map((step) => `${step.model}/${step.target.model}:${step.reason}`).join(' ');
const passedOver = (made: Plan): string =>
  made.passedOver.map((each) => `${each.target.model}:${each.reason}`).join(' ');

describe('a plan', () => {
  it.each<[string, string, Ill, string, string, string]>([
    ['the model’s targets', 'a b', {}, '', 'main/a:priority main/b:priority', ''],
    ['then the fallbacks’', 'a', {}, 'c d', 'main/a:priority other/c:priority other/d:priority', ''],
    ['not what is ejected', 'a b', { a: ejected(9) }, '', 'main/b:priority', 'a:ejected'],
    ['not what is cooling', 'a b', { b: cooling(9) }, '', 'main/a:priority', 'b:cooling'],
    ['not what cannot do it', 'mute b', {}, '', 'main/b:priority', 'mute:unsupported'],
    ['a fallback for it', 'mute', {}, 'c', 'other/c:priority', 'mute:unsupported'],
    ['a fallback before what is ejected', 'a', { a: ejected(9) }, 'c', 'other/c:priority', 'a:ejected'],
    [
      'all ejected: whose time ends first',
      'a b',
      { a: ejected(9), b: ejected(5) },
      '',
      'main/b:last-resort',
      'a:ejected',
    ],
    [
      'all ejected, fallbacks counted',
      'a',
      { a: ejected(9), c: ejected(5) },
      'c',
      'other/c:last-resort',
      'a:ejected',
    ],
    [
      'ejected or cooling: never what is cooling',
      'a b',
      { a: ejected(9), b: cooling(5) },
      '',
      'main/a:last-resort',
      'b:cooling',
    ],
    ['all cooling: nobody', 'a b', { a: cooling(9), b: cooling(5) }, '', '', 'a:cooling b:cooling'],
    [
      'a target once, however it is led to',
      'a b',
      {},
      'b c',
      'main/a:priority main/b:priority other/c:priority',
      '',
    ],
    [
      'a last resort that can do it',
      'mute b',
      { b: ejected(9) },
      '',
      'main/b:last-resort',
      'mute:unsupported',
    ],
    ['none', '', {}, '', '', ''],
  ])('asks %s', (_, names, ill, others, expected, left) => {
    const made = plan(names, ill, others);
    expect([steps(made), passedOver(made)]).toEqual([expected, left]);
  });

  it('says until when, and why, a target is passed over', () => {
    const made = plan('a b mute c', { a: ejected(9_000), b: cooling(3_000, 'unavailable') });
    expect(made.passedOver).toMatchObject([
      { model: 'main', because: 'failures', until: NOW + 9_000 },
      { model: 'main', because: 'unavailable', until: NOW + 3_000 },
      { model: 'main', because: null, until: null },
    ]);
  });

  it.each<[string, string, Ill, string, object]>([
    [
      'cooling',
      'a b',
      { a: cooling(9_000), b: cooling(4_500) },
      '',
      { code: 'rate_limit_exceeded', status: 429, retryAfter: 4.5 },
    ],
    [
      'after a 503',
      'a',
      { a: cooling(2_000, 'unavailable') },
      '',
      { code: 'upstream_unavailable', status: 503, retryAfter: 2 },
    ],
    [
      'after either',
      'a',
      { a: cooling(9_000), b: cooling(1_000, 'unavailable') },
      'b',
      { code: 'rate_limit_exceeded', retryAfter: 1 },
    ],
    ['cooling, or unable', 'mute a', { a: cooling(1_000) }, '', { code: 'rate_limit_exceeded' }],
    [
      'unable',
      'mute mute2',
      {},
      '',
      { code: 'unsupported_operation', param: 'model', retryAfter: undefined },
    ],
    ['not there', '', {}, '', { code: 'upstream_unavailable', retryAfter: undefined }],
  ])('says what the call is told where all are %s', (_, names, ill, others, expected) => {
    expect(refuse(plan(names, ill, others), NOW)).toMatchObject(expected);
  });

  it('has each model’s own strategy', () => {
    const dice = (): number => 0.99;
    const planner = new Planner(new TargetStates(), dice);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => target(name)) as [Target, Target, Target, Target];
    const made = planner.plan(
      model('main', [a, b], { strategy: 'weighted' }),
      [model('other', [c, d], { strategy: 'lowest-cost' })],
      CALL,
      NOW,
    );
    expect(steps(made)).toBe('main/b:weighted main/a:weighted other/c:lowest-cost other/d:lowest-cost');
    expect(made.steps.map(({ score }) => score)).toEqual([0.5, 0.5, null, null]);
  });

  it('lets a probe in when the time of an ejected target is over', () => {
    expect(steps(plan('a', { a: ejected(0) }))).toBe('main/a:priority');
  });
});

describe('a plan that need not be made anew', () => {
  const one = model('main', [target('a'), target('b', 1)]);

  it('is the same object as long as all are healthy', () => {
    const states = new TargetStates();
    const planner = new Planner(states, () => 0);
    const first = planner.plan(one, [], CALL, NOW);
    expect(planner.plan(one, [], CALL, NOW)).toBe(first);
    states.adopt('p', 'a', ejected(5));
    expect(steps(planner.plan(one, [], CALL, NOW))).toBe('main/b:priority');
    expect(planner.plan(one, [], CALL, NOW + 5)).toBe(first);
    const mute = { ...CALL, canAnswer: () => false };
    expect(planner.plan(one, [], mute, NOW).steps).toEqual([]);
  });

  it('is for one target under every strategy, without dice', () => {
    const planner = new Planner(new TargetStates(), () => {
      throw new Error('no dice');
    });
    const single = model('single', [target('a')], { strategy: 'least-busy' });
    expect(planner.plan(single, [], CALL, NOW)).toBe(planner.plan(single, [], CALL, NOW));
  });

  it('follows states that were let go of', () => {
    const states = new TargetStates(undefined, 2);
    const planner = new Planner(states, () => 0);
    const first = planner.plan(one, [], CALL, NOW);
    for (const name of ['x', 'y', 'z']) states.of(target(name));
    const next = planner.plan(one, [], CALL, NOW);
    expect(next).not.toBe(first);
    expect(next.steps[0]?.state).toBe(states.get('p', 'a') ?? 'listed');
  });
});

describe('turns', () => {
  const make = (): Model =>
    model('main', [target('a'), target('b'), target('c')], { strategy: 'round-robin' });
  const firsts = (planner: Planner, times: number, models: () => Model): string =>
    Array.from({ length: times }, () => planner.plan(models(), [], CALL, NOW).steps[0]?.target.model).join(
      '',
    );

  it('go on when the model is made anew', () => {
    expect(firsts(new Planner(new TargetStates(), () => 0), 6, make)).toBe('abcabc');
  });

  it('are not taken by who only looks', () => {
    const planner = new Planner(new TargetStates(), () => 0);
    const seen = Array.from({ length: 3 }, () => {
      const looked = planner.preview(make(), [], CALL, NOW);
      expect(planner.preview(make(), [], CALL, NOW)).toEqual(looked);
      const plan = planner.plan(make(), [], CALL, NOW);
      expect(looked).toEqual(plan);
      return plan.steps[0]?.target.model;
    });
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('are not used up by calls to which the model is a fallback', () => {
    const planner = new Planner(new TargetStates(), () => 0);
    const main = make();
    const other = model('other', [target('x')]);
    const seen = Array.from({ length: 6 }, () => {
      planner.plan(other, [main], CALL, NOW);
      return firsts(planner, 1, () => main);
    });
    expect(seen.join('')).toBe('abcabc');
  });
});
