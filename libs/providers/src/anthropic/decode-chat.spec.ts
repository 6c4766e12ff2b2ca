import { describe, expect, it } from 'vitest';
import type { GatewayError, SseEvent } from '#contract';
import { madeContext } from '../../../../test/support/made-context.js';
import { decodeChat } from './decode-chat.js';
import { MessageDecoder } from './decode-chat-stream.js';

const eventOf = (value: object | string): SseEvent => ({
  event: undefined,
  data: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});

function failureOf(act: () => unknown): GatewayError {
  try {
    act();
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('Nothing was thrown.');
}

describe('what is no answer', () => {
  it.each([
    ['<html>', 'upstream_unavailable'],
    ['null', 'upstream_unavailable'],
    ['{}', 'upstream_unavailable'],
    ['{"type":"message","content":null}', 'upstream_unavailable'],
    ['{"type":"error","error":{"type":"overloaded_error","message":"x"}}', 'upstream_unavailable'],
    ['{"type":"error","error":{"type":"authentication_error","message":"x"}}', 'upstream_rejected'],
    ['{"type":"error","error":{"type":"invalid_request_error","message":"x"}}', 'upstream_refused'],
    ['{"type":"error","error":null}', 'upstream_unavailable'],
  ])('%s', (body, code) =>
    expect(failureOf(() => decodeChat(Buffer.from(body), madeContext())).code).toBe(code),
  );

  it.each(['{', '"x"', 'null', '7'])('an event that says %s', (data) => {
    expect(failureOf(() => new MessageDecoder(madeContext()).push(eventOf(data))).code).toBe(
      'upstream_unavailable',
    );
  });
});

describe('usage', () => {
  const usage = {
    input_tokens: 3,
    cache_read_input_tokens: 20,
    cache_creation_input_tokens: 100,
    output_tokens: 7,
  };
  const COUNTED = { promptTokens: 123, cachedTokens: 20, cacheWriteTokens: 100, completionTokens: 7 };

  it('counts what was read from the cache and written to it as part of the prompt', () => {
    const body = Buffer.from(JSON.stringify({ type: 'message', content: [], usage }));
    expect(decodeChat(body, madeContext()).usage).toMatchObject(COUNTED);
  });

  it('is unknown as long as a stream has counted the prompt only', () => {
    const decoder = new MessageDecoder(madeContext());
    decoder.push(
      eventOf({ type: 'message_start', message: { id: 'msg_1', usage: { ...usage, output_tokens: 1 } } }),
    );
    expect(decoder.usage).toBeUndefined();
    const told = { input_tokens: null, output_tokens: 7 };
    decoder.push(eventOf({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: told }));
    expect(decoder.usage).toMatchObject(COUNTED);
    expect(decoder.isComplete).toBe(false);
    decoder.push(eventOf({ type: 'message_stop' }));
    expect(decoder.isComplete).toBe(true);
  });
});

describe('a stream', () => {
  it('says nothing more when it is complete', () => {
    const decoder = new MessageDecoder(madeContext());
    expect(decoder.push(eventOf({ type: 'message_stop' }))).toHaveLength(2);
    expect(decoder.push(eventOf('[DONE]'))).toEqual([]);
    expect(decoder.push(eventOf({ type: 'error', error: {} }))).toEqual([]);
    expect(decoder.end()).toEqual([]);
  });

  it('says nothing before the first block: another target may still answer', () => {
    const decoder = new MessageDecoder(madeContext());
    expect(decoder.push(eventOf({ type: 'message_start', message: { id: 'msg_1' } }))).toEqual([]);
    expect(decoder.push(eventOf({ type: 'ping' }))).toEqual([]);
    const block = {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'thinking', thinking: '' },
    };
    expect(decoder.push(eventOf(block))).toHaveLength(1);
  });
});
