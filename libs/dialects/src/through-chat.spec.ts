import { describe, expect, it } from 'vitest';
import type { JsonRequest, RelayedRequest } from '#contract';
import { madeContext, madeTarget } from '../../../test/support/made-context.js';
import { findAdapter } from '#providers';
import type { Codec } from '#providers';
import { speak } from './speak.js';
import type { DialectName } from './spec.js';

/** A dialect's codec at a server on OpenAI's wire, that has been asked. */
function asked(dialect: DialectName) {
  const adapter = findAdapter('openai-compatible');
  const codec = adapter && speak(dialect, adapter)?.codec;
  if (!codec) throw new Error(`${dialect} cannot be asked for`);
  const value = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'x' }], input: 'x' };
  const request = { bytes: Buffer.from(JSON.stringify(value)), value } as unknown as JsonRequest;
  (codec as Codec<'chat'>).encode(request as never, madeTarget('openai-compatible'));
  return { codec, context: { ...madeContext(), request: value as RelayedRequest } };
}

const failure = expect.objectContaining({ code: 'upstream_unavailable', status: 503 });

describe.each(['messages', 'responses'] as const)(
  '%s, of a provider that answers with no chat',
  (dialect) => {
    it('is the provider’s fault, whole', () => {
      const { codec, context } = asked(dialect);
      const body = Buffer.from('{"model":"m","choices":[tru]}');
      expect(() => codec.decode(body, context)).toThrow(failure);
    });

    it('is the provider’s fault, streamed', () => {
      const { codec, context } = asked(dialect);
      const stream = codec.openStream(context);
      const data = Buffer.from('{"model":"m","choices":[{"delta":tru}]}');
      expect(() => stream.push({ data, event: undefined })).toThrow(failure);
    });
  },
);

it('a call without a function is none of the client’s mistakes', () => {
  const { codec, context } = asked('messages');
  const body = Buffer.from('{"model":"m","choices":[{"message":{"tool_calls":[{"id":"a"}]}}]}');
  expect(() => codec.decode(body, context)).toThrow(failure);
});
