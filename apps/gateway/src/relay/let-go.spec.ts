import { expect, it } from 'vitest';
import type { OperationName } from '#contract';
import type { Call } from './call.js';
import { estimateUsage } from './estimate-usage.js';
import { letGo } from './let-go.js';

const MESSAGES = [{ role: 'user', content: 'one two three four five six seven' }];

function call(operation: OperationName, members: object): Call {
  const value = { model: 'm', stream: true, ...members };
  return { operation, request: { bytes: Buffer.from('{}'), value, spans: {} } } as unknown as Call;
}

it.each<[OperationName, object]>([
  ['chat', { messages: MESSAGES }],
  ['messages', { messages: MESSAGES, system: 'Be brief.' }],
  ['completions', { prompt: 'one two three' }],
])('%s: the usage of a call is estimated as before', (operation, members) => {
  const asked = call(operation, members);
  const before = estimateUsage(asked, undefined);
  letGo(asked);
  expect(asked.request.value).toEqual({ model: 'm', stream: true });
  expect(estimateUsage(asked, undefined)).toEqual(before);
});

it.each<[OperationName, object]>([
  ['speech', { input: 'Hello' }],
  ['responses', { input: 'Hello' }],
])('%s: the request is needed to the end', (operation, members) => {
  const asked = call(operation, members);
  letGo(asked);
  expect(asked.request.value).toMatchObject(members);
});
