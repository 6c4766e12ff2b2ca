import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import type { Target } from '#contract';
import { Tally } from './tally.js';
import type { TalliedCall } from './tally.js';

const CALL: TalliedCall = {
  requestId: 'req_1',
  at: 1_700_000_000_000,
  keyId: 'key_1',
  operation: 'chat',
  model: 'my-model',
  stream: true,
  endUser: null,
};

function target(name: string, model = 'up'): Target {
  const account = { type: 'sandbox', baseUrl: 'http://x', secret: undefined, headers: {} };
  return { provider: { id: name, name, ...account }, model, priority: 0, timeouts: DEFAULT_TIMEOUTS };
}

const USAGE = {
  promptTokens: 1,
  completionTokens: 2,
  cachedTokens: 3,
  reasoningTokens: 4,
  images: 5,
  audioSeconds: 6.5,
  characters: 7,
};
const start = (call: Partial<TalliedCall> = {}) => new Tally({ ...CALL, ...call }, 100);

describe('Tally', () => {
  it('of a stream that was answered', () => {
    const tally = start();
    tally.attempt(target('one'));
    tally.attempt(target('two', 'gpt'));
    tally.commit();
    tally.seePiece(150.4);
    tally.seePiece(180);
    tally.seeUsage(USAGE);
    tally.seeUsage(undefined);
    tally.finish();
    expect(tally.close(200.6)).toEqual({
      ...CALL,
      ...USAGE,
      provider: 'two',
      upstreamModel: 'gpt',
      status: 'ok',
      httpStatus: 200,
      errorCode: null,
      usageSource: 'upstream',
      latencyMs: 101,
      timeToFirstTokenMs: 50,
      attempts: 2,
    });
  });

  it('of a call that reached no target', () => {
    const tally = start();
    tally.fail(new GatewayError('model_not_found'));
    expect(tally.close(101)).toMatchObject({
      provider: null,
      upstreamModel: null,
      status: 'error',
      httpStatus: 404,
      errorCode: 'model_not_found',
      usageSource: 'none',
      promptTokens: 0,
      attempts: 0,
      timeToFirstTokenMs: null,
    });
  });

  it.each([
    ['before the answer', false, new GatewayError('client_closed_request'), 'cancelled', 499, null],
    ['in the stream', true, new GatewayError('client_closed_request'), 'cancelled', 200, null],
    ['in the stream, unheard', true, undefined, 'cancelled', 200, null],
    ['by the upstream', false, new GatewayError('upstream_timeout'), 'error', 503, 'upstream_timeout'],
    [
      'by the upstream, in the stream',
      true,
      new GatewayError('upstream_timeout'),
      'error',
      200,
      'upstream_timeout',
    ],
  ])('of a call that ended early: %s', (_, isCommitted, error, status, httpStatus, errorCode) => {
    const tally = start();
    tally.attempt(target('one'));
    if (isCommitted) tally.commit();
    if (error) tally.fail(error);
    expect(tally.close(101)).toMatchObject({ status, httpStatus, errorCode });
  });

  it('keeps the code that the upstream gave', () => {
    const tally = start();
    const upstream = { status: 422, code: 'bad_tool', message: 'no', param: null };
    tally.fail(new GatewayError('upstream_refused', { upstream }));
    expect(tally.close(101)).toMatchObject({ httpStatus: 422, errorCode: 'bad_tool' });
  });

  it('cuts and cleans what others wrote', () => {
    const long = `\0${'x'.repeat(300)}`;
    const tally = start({ model: long, endUser: long });
    tally.attempt(target('one', long));
    const upstream = { status: 400, code: long, message: 'no', param: null };
    tally.fail(new GatewayError('upstream_refused', { upstream }));
    const text = 'x'.repeat(255);
    expect(tally.close(101)).toMatchObject({
      model: text,
      endUser: text,
      upstreamModel: text,
      errorCode: text,
    });
  });
});
