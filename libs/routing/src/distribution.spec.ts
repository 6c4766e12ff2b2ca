import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS } from '#contract';
import type { Price, Target } from '#contract';
import { seededDice } from '../../../test/support/seeded-dice.js';
import type { Strategy } from './model.js';
import { Planner } from './planner.js';
import type { TargetState } from './target-state.js';
import { TargetStates } from './target-states.js';

const CALLS = 100_000;
const USAGE = { promptTokens: 1_000, completionTokens: 300, images: 0, audioSeconds: 0, characters: 0 };
const CALL = { streamed: true, expectedUsage: () => USAGE, canAnswer: () => true };

interface Traits {
  readonly weight?: number;
  readonly priority?: number;
  readonly price?: Price;
  /** How long it takes to answer; the simulated calls use it, and `least-latency` knows it. */
  readonly ms?: number;
  readonly isEjected?: boolean;
}

interface Row {
  readonly strategy: Strategy;
  readonly told: string;
  readonly targets: readonly Traits[];
  /** So many calls are under way at any time; undefined: each is over before the next. */
  readonly parallel?: number;
}

const dollars = (input: number, output: number): Price => ({ input: input * 1e9, output: output * 1e9 });
const ROWS: readonly Row[] = [
  { strategy: 'priority', told: '0, 1', targets: [{}, { priority: 1 }] },
  {
    strategy: 'priority',
    told: '0, 1; the first is ejected',
    targets: [{ isEjected: true }, { priority: 1 }],
  },
  { strategy: 'weighted', told: 'weights 60, 40', targets: [{ weight: 60 }, { weight: 40 }] },
  { strategy: 'weighted', told: 'weights 1, 1, 2', targets: [{}, {}, { weight: 2 }] },
  {
    strategy: 'weighted',
    told: 'weights 50, 30, 20; the first is ejected',
    targets: [{ weight: 50, isEjected: true }, { weight: 30 }, { weight: 20 }],
  },
  { strategy: 'weighted', told: 'weights 1, 0', targets: [{}, { weight: 0 }] },
  { strategy: 'round-robin', told: 'equal', targets: [{}, {}, {}] },
  { strategy: 'round-robin', told: 'weights 5, 1, 1', targets: [{ weight: 5 }, {}, {}] },
  {
    strategy: 'least-latency',
    told: '200 ms, 300 ms, 900 ms',
    targets: [{ ms: 200 }, { ms: 300 }, { ms: 900 }],
  },
  { strategy: 'least-busy', told: 'idle, weights 3, 1', targets: [{ weight: 3 }, {}] },
  {
    strategy: 'least-busy',
    told: '100 ms, 300 ms; 20 calls at a time',
    targets: [{ ms: 100 }, { ms: 300 }],
    parallel: 20,
  },
  {
    strategy: 'least-busy',
    told: '100 ms each, weights 3, 1; 20 calls at a time',
    targets: [{ ms: 100, weight: 3 }, { ms: 100 }],
    parallel: 20,
  },
  {
    strategy: 'lowest-cost',
    told: '$3 and $15 a million tokens, $5 and $5',
    targets: [{ price: dollars(3, 15) }, { price: dollars(5, 5) }],
  },
];

function toTarget({ priority = 0, weight, price }: Traits, at: number): Target {
  const provider = { id: 'p', name: 'p', type: 'x', baseUrl: 'http://x', secret: undefined, headers: {} };
  return { provider, model: String(at), priority, weight, price, timeouts: DEFAULT_TIMEOUTS };
}

/** How often each target is asked first, in percent. */
function measure({ strategy, targets: traits, parallel }: Row): string {
  const states = new TargetStates();
  const targets = traits.map(toTarget);
  const counts = traits.map(() => 0);
  for (const [at, { ms, isEjected }] of traits.entries()) {
    const state = states.of(targets[at] as Target);
    if (ms !== undefined) state.firstToken.add(ms, 1, 0);
    if (isEjected) state.circuit.adopt({ state: 'ejected', until: Infinity, reason: 'failures' });
  }
  const planner = new Planner(states, seededDice());
  const model = { id: 'm', ownedBy: 'x', created: 0, targets, strategy };
  const running: { state: TargetState; until: number }[] = [];
  let now = 0;
  for (let call = 0; call < CALLS; call++) {
    const state = planner.plan(model, [], CALL, now).steps[0]?.state as TargetState;
    const at = Number(state.model);
    counts[at] = (counts[at] ?? 0) + 1;
    if (parallel === undefined) continue;
    state.inFlight++;
    running.push({ state, until: now + (traits[at]?.ms ?? 0) });
    if (running.length < parallel) continue;
    running.sort((one, other) => one.until - other.until);
    const done = running.shift();
    now = done?.until ?? now;
    done?.state.leave();
  }
  return counts.map((count) => ((count / CALLS) * 100).toFixed(1)).join(' / ');
}

// `npx vitest run -c test/vitest.config.ts libs/routing/src/distribution.spec.ts` shows the table where it is another.
it('the distributions are those of docs/routing.md', { timeout: 60_000 }, () => {
  const table = ROWS.map((row) => [`\`${row.strategy}\``, row.told, measure(row)]);
  const text = readFileSync(new URL('../../../docs/routing.md', import.meta.url), 'utf8');
  const rows = text
    .slice(text.indexOf('| first places in percent'))
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
  expect(
    rows.slice(
      0,
      rows.findIndex((cells) => cells.length === 0),
    ),
  ).toEqual(table);
});
