import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS, GatewayError, NO_USAGE } from '#contract';
import type { Price, Target } from '#contract';
import { Tally } from './tally.js';
import type { TalliedCall } from './tally.js';

const CALL: TalliedCall = {
  requestId: 'req_1',
  at: 1_700_000_000_000,
  keyId: 'key_1',
  teamId: null,
  operation: 'chat',
  model: 'my-model',
  stream: true,
  endUser: null,
};

function target(name: string, model = 'up', price?: Price): Target {
  const account = { type: 'sandbox', baseUrl: 'http://x', secret: undefined, headers: {} };
  return { provider: { id: name, name, ...account }, model, priority: 0, timeouts: DEFAULT_TIMEOUTS, price };
}

const USAGE = {
  promptTokens: 1,
  completionTokens: 2,
  cachedTokens: 3,
  cacheWriteTokens: 1,
  reasoningTokens: 4,
  audioPromptTokens: 2,
  audioCompletionTokens: 3,
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
      costNanos: null,
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

  describe('says what the call costs', () => {
    const PRICE: Price = { input: 1_000_000_000, output: 2_000_000_000 };
    const TOKENS = { ...NO_USAGE, promptTokens: 10, completionTokens: 5 };

    const priced = (price: Price | undefined, then: (tally: Tally) => void) => {
      const tally = start();
      tally.attempt(target('one', 'up', price));
      then(tally);
      return tally.close(101);
    };
    const answered = (tally: Tally) => {
      tally.commit();
      tally.finish();
    };

    it.each<[string, Price | undefined, (tally: Tally) => void, number | null, string]>([
      ['counted', PRICE, (tally) => (answered(tally), tally.seeUsage(TOKENS)), 20_000, 'upstream'],
      [
        'counted, without a price',
        undefined,
        (tally) => (answered(tally), tally.seeUsage(TOKENS)),
        null,
        'upstream',
      ],
      ['estimated', PRICE, (tally) => (answered(tally), tally.estimate(TOKENS)), 20_000, 'estimated'],
      [
        'left in the stream',
        PRICE,
        (tally) => {
          tally.commit();
          tally.fail(new GatewayError('client_closed_request'));
          tally.estimate(TOKENS);
        },
        20_000,
        'partial',
      ],
      [
        'left before the answer',
        PRICE,
        (tally) => {
          tally.fail(new GatewayError('client_closed_request'));
          tally.estimate(TOKENS);
        },
        20_000,
        'partial',
      ],
      [
        'images that came before the end did not',
        { image: 1_000_000_000_000 },
        (tally) => {
          tally.commit();
          tally.seeUsage({ ...NO_USAGE, images: 2, promptTokens: 7 });
          tally.fail(new GatewayError('upstream_timeout'));
        },
        2_000_000,
        'partial',
      ],
      [
        'a text whose sound was cut',
        { character: 1_000_000_000 },
        (tally) => {
          tally.commit();
          tally.seeUsage({ ...NO_USAGE, characters: 3 });
          tally.fail(new GatewayError('client_closed_request'));
        },
        3_000,
        'partial',
      ],
      [
        'tokens that were told before the client left',
        PRICE,
        (tally) => {
          tally.commit();
          tally.seeUsage(TOKENS);
          tally.fail(new GatewayError('client_closed_request'));
        },
        20_000,
        'upstream',
      ],
      [
        'a sound that is estimated: by its seconds where they have a price',
        { ...PRICE, second: 1_000_000_000 },
        (tally) => (answered(tally), tally.estimate({ ...TOKENS, audioSeconds: 3 })),
        3_000,
        'estimated',
      ],
      [
        'and by its tokens where they have none',
        PRICE,
        (tally) => (answered(tally), tally.estimate({ ...TOKENS, audioSeconds: 3 })),
        20_000,
        'estimated',
      ],
      [
        'a sound of unknown length, where only seconds have a price',
        { second: 1_000_000_000 },
        (tally) => (answered(tally), tally.estimate(TOKENS)),
        null,
        'estimated',
      ],
      ['not counted', PRICE, answered, null, 'none'],
      ['not counted, where calls have a price', { request: 0 }, answered, 0, 'none'],
      [
        'refused',
        PRICE,
        (tally) => {
          tally.fail(new GatewayError('upstream_unavailable'));
          tally.estimate(TOKENS);
        },
        0,
        'none',
      ],
      [
        'refused, without a price',
        undefined,
        (tally) => void tally.fail(new GatewayError('upstream_timeout')),
        0,
        'none',
      ],
    ])('%s', (_, price, then, costNanos, usageSource) => {
      expect(priced(price, then)).toMatchObject({ costNanos, usageSource });
    });

    it.each<[string, Price | undefined, (tally: Tally) => void, number | null]>([
      ['known', PRICE, (tally) => (answered(tally), tally.seeUsage(TOKENS)), 20_000],
      ['of what has no price', { second: 1 }, (tally) => (answered(tally), tally.seeUsage(TOKENS)), 77_000],
      ['not counted', PRICE, answered, 77_000],
      ['refused', PRICE, (tally) => void tally.fail(new GatewayError('upstream_unavailable')), 0],
    ])('is what was reserved as the most, where nobody knows: %s', (_, price, then, costNanos) => {
      const reserved = (tally: Tally) => (tally.reserve('one', 77_000), then(tally));
      expect(priced(price, reserved)).toMatchObject({ costNanos, leaseHolder: 'one' });
    });

    it('is as if the client had left, where its time was over', () => {
      const record = priced(PRICE, (tally) => {
        tally.fail(new GatewayError('deadline_exceeded'));
        expect(tally.needsEstimate).toBe(true);
        tally.estimate(TOKENS);
      });
      expect(record).toMatchObject({ status: 'error', usageSource: 'partial', costNanos: 20_000 });
    });

    it('is nothing where no target was asked', () => {
      const tally = start();
      tally.fail(new GatewayError('client_closed_request'));
      expect(tally.close(101)).toMatchObject({ status: 'cancelled', costNanos: 0 });
    });

    it('is of what the upstream said, whatever was estimated', () => {
      const record = priced(PRICE, (tally) => {
        answered(tally);
        tally.seeUsage(TOKENS);
        tally.estimate({ ...TOKENS, promptTokens: 99 });
      });
      expect(record).toMatchObject({ promptTokens: 10, usageSource: 'upstream' });
    });
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
