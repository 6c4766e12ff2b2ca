import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import type { ErrorCode, Target } from '#contract';
import { firstAnswer } from './first-answer.js';

function target(model: string): Target {
  const provider = { id: 'p', name: 'p', type: 'x', baseUrl: 'http://x', secret: undefined, headers: {} };
  return { provider, model, priority: 0, timeouts: DEFAULT_TIMEOUTS };
}

/** Asks targets that fail with these codes, or answer 'ok'; tells how it ended and how many were asked. */
async function ask(outcomes: readonly (ErrorCode | 'ok')[]): Promise<{ end: string; asked: number }> {
  const plan = outcomes.map((_, index) => target(String(index)));
  const asked: string[] = [];
  const end = await firstAnswer(plan, async ({ model }) => {
    asked.push(model);
    const outcome = outcomes[Number(model)] ?? 'ok';
    if (outcome === 'ok') return `answer ${model}`;
    throw new GatewayError(outcome, { param: model });
  }).catch((error: GatewayError) => `${error.code} ${error.param ?? ''}`);
  expect(asked).toEqual(plan.slice(0, asked.length).map(({ model }) => model));
  return { end, asked: asked.length };
}

describe('asking the targets of a plan', () => {
  it.each<[string, (ErrorCode | 'ok')[], string, number]>([
    ['the first answers', ['ok', 'ok'], 'answer 0', 1],
    ['the next answers', ['upstream_unavailable', 'upstream_timeout', 'ok', 'ok'], 'answer 2', 3],
    ['after a rate limit too', ['rate_limit_exceeded', 'ok'], 'answer 1', 2],
    ['after an operator’s fault too', ['upstream_rejected', 'ok'], 'answer 1', 2],
    ['after one that cannot do it', ['unsupported_operation', 'ok'], 'answer 1', 2],
    ['not after the client’s own fault', ['upstream_refused', 'ok'], 'upstream_refused 0', 1],
    ['not after a fault of ours', ['upstream_timeout', 'server_error', 'ok'], 'server_error 1', 2],
    ['not when the client went away', ['client_closed_request', 'ok'], 'client_closed_request 0', 1],
    ['all fail: the last error', ['upstream_timeout', 'upstream_unavailable'], 'upstream_unavailable 1', 2],
    ['a rate limit first', ['rate_limit_exceeded', 'upstream_unavailable'], 'rate_limit_exceeded 0', 2],
    [
      'a rate limit in between',
      ['upstream_timeout', 'rate_limit_exceeded', 'upstream_timeout'],
      'rate_limit_exceeded 1',
      3,
    ],
    ['a rate limit last', ['upstream_unavailable', 'rate_limit_exceeded'], 'rate_limit_exceeded 1', 2],
    ['but the client’s fault is final', ['rate_limit_exceeded', 'upstream_refused'], 'upstream_refused 1', 2],
    ['nobody to ask', [], 'upstream_unavailable ', 0],
  ])('%s', async (_, outcomes, end, asked) => {
    expect(await ask(outcomes)).toEqual({ end, asked });
  });

  it('takes what nobody foresaw for a fault of ours, and asks no further', async () => {
    const cause = new TypeError('bug');
    let asked = 0;
    const answer = firstAnswer([target('a'), target('b')], () => {
      asked++;
      throw cause;
    });
    await expect(answer).rejects.toMatchObject({ code: 'server_error', cause });
    expect(asked).toBe(1);
  });

  it('asks one after the other', async () => {
    let open = 0;
    await firstAnswer(['a', 'b', 'c'].map(target), async ({ model }) => {
      expect(++open).toBe(1);
      await Promise.resolve();
      open--;
      if (model !== 'c') throw new GatewayError('upstream_timeout');
    });
  });

  it('takes an answer of nothing for an answer', async () => {
    expect(await firstAnswer([target('a'), target('b')], async () => undefined)).toBeUndefined();
  });
});
