import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { stopOnSignal } from './stop-on-signal.js';

it.each<[string, [at: number, signal: 'SIGTERM' | 'SIGINT'][], string[]]>([
  ['one', [[0, 'SIGTERM']], ['stop']],
  ['one of a terminal', [[0, 'SIGINT']], ['stop']],
  [
    'one that comes by two ways',
    [
      [0, 'SIGINT'],
      [3, 'SIGINT'],
    ],
    ['stop'],
  ],
  [
    'a second one',
    [
      [0, 'SIGTERM'],
      [500, 'SIGTERM'],
    ],
    ['stop', 'end'],
  ],
  [
    'a second one of another kind',
    [
      [0, 'SIGTERM'],
      [9_000, 'SIGINT'],
    ],
    ['stop', 'end'],
  ],
])('at %s', (_, sent, expected) => {
  let now = 0;
  const done: string[] = [];
  const signals = new EventEmitter();
  const actions = { stop: () => void done.push('stop'), end: () => void done.push('end') };
  stopOnSignal(signals, () => now, actions);
  for (const [at, signal] of sent) {
    now = at;
    signals.emit(signal);
  }
  expect(done).toEqual(expected);
});
