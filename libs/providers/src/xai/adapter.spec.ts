import { expect, it } from 'vitest';
import { madeContext } from '../../../../test/support/made-context.js';
import { xai } from './adapter.js';

it('counts thinking among the tokens of the answer, and leaves the answer as it came', () => {
  const usage = {
    prompt_tokens: 12,
    completion_tokens: 2,
    total_tokens: 334,
    completion_tokens_details: { reasoning_tokens: 320 },
  };
  const body = JSON.stringify({ model: 'm', choices: [], usage });
  const context = madeContext({ model: 'm' });
  const decoded = xai.operations.chat?.decode(Buffer.from(body), context);
  expect(decoded?.usage).toMatchObject({ promptTokens: 12, completionTokens: 322, reasoningTokens: 320 });
  expect(decoded?.body.toString()).toBe(body);
  const stream = xai.operations.chat?.openStream(context);
  expect(stream?.usage).toBeUndefined();
  stream?.push({ event: undefined, data: Buffer.from(body) });
  expect(stream?.usage?.completionTokens).toBe(322);
});
