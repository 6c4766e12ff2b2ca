import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { returnConnections } from './return-connections.js';

it('gives back what was handed over and not answered', () => {
  const sent: unknown[][] = [];
  const worker = Object.assign(new EventEmitter(), { send: (...all: unknown[]) => sent.push(all) > 0 });
  const died = returnConnections(worker);
  const handle = {};
  worker.send({ kind: 'stop' });
  worker.send({ cmd: 'NODE_CLUSTER', ack: 3 });
  for (const seq of [4, 5, 6]) worker.send({ cmd: 'NODE_CLUSTER', act: 'newconn', seq }, handle);
  expect(sent).toHaveLength(5);
  expect(sent.at(-1)).toEqual([{ cmd: 'NODE_CLUSTER', act: 'newconn', seq: 6 }, handle]);
  worker.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: 5, accepted: true });
  worker.emit('internalMessage', { cmd: 'NODE_CLUSTER', act: 'listening' });
  const told: unknown[] = [];
  worker.on('internalMessage', (message) => told.push(message));
  died();
  died();
  expect(told).toEqual([4, 6].map((ack) => ({ cmd: 'NODE_CLUSTER', ack, accepted: false })));
});
