import { describe, expect, it } from 'vitest';
import type { GatewayError, SseEvent } from '#contract';
import { madeContext } from '../../../../test/support/made-context.js';
import { openrouter } from './adapter.js';

const context = madeContext({ model: 'm' });
const chat = openrouter.operations.chat;

const failureOf = (act: () => unknown): GatewayError => {
  try {
    act();
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('Nothing was thrown.');
};
const eventOf = (value: object): SseEvent => ({ event: undefined, data: Buffer.from(JSON.stringify(value)) });
const answerOf = (value: object): Buffer => Buffer.from(JSON.stringify(value));

describe('an answer that its model broke off', () => {
  const failed = { index: 0, message: { role: 'assistant', content: 'Hal' }, finish_reason: 'error' };

  it.each<[string, object, string]>([
    [
      'says why beside the choices',
      { error: { code: 502, message: 'down' }, choices: [failed] },
      'upstream_unavailable',
    ],
    [
      'says why in the choice',
      { choices: [{ ...failed, error: { code: 429, message: 'slow' } }] },
      'rate_limit_exceeded',
    ],
    ['does not say why', { choices: [failed] }, 'upstream_unavailable'],
    ['says why alone', { error: { code: 402, message: 'no credits' } }, 'upstream_rejected'],
  ])('is no answer when it %s', (_, body, code) => {
    expect(failureOf(() => chat?.decode(answerOf(body), context)).code).toBe(code);
  });

  it('ends a stream with an error, as its last chunk or alone', () => {
    const choices = [{ index: 0, delta: { content: '' }, finish_reason: 'error' }];
    for (const last of [
      { id: 'c', choices, error: { code: 'server_error', message: 'disconnected' } },
      { id: 'c', choices },
      { error: { code: 502, message: 'x' } },
    ]) {
      const stream = chat?.openStream(context);
      const first = { id: 'c', choices: [{ index: 0, delta: { content: '"error"' }, finish_reason: null }] };
      expect(stream?.push(eventOf(first))).toHaveLength(1);
      expect(failureOf(() => stream?.push(eventOf(last))).code).toBe('upstream_unavailable');
    }
  });

  it('is not taken for one that only speaks of it', () => {
    const message = { role: 'assistant', content: '{"finish_reason":"error"}' };
    const body = { model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }] };
    expect(chat?.decode(answerOf(body), context).body.toString()).toBe(JSON.stringify(body));
  });
});
