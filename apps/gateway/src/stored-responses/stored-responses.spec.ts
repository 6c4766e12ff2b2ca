import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CallSignal, GatewayError } from '#contract';
import type { Emit, JsonRequest, Reply, ResponsesRequest } from '#contract';
import type { FaultLog } from '#observability';
import type { Database } from '#persistence';
import { madeTarget } from '../../../../test/support/made-context.js';
import type { Caller } from '../auth/caller.js';
import type { Call } from '../relay/call.js';
import { StoredResponses } from './stored-responses.js';

const caller = { keyId: 'k' } as Caller;
const RESPONSE = '{"id":"resp_1","object":"response","seed":12345678901234567890}';
const WHOLE: Reply = {
  kind: 'whole',
  headers: [],
  contentType: 'application/json',
  body: Buffer.from(RESPONSE),
};
const LAST: Reply = {
  kind: 'end',
  text: `event: response.completed\ndata: {"type":"response.completed","response":${RESPONSE},"sequence_number":9}\n\n`,
};

function requestOf(value: Partial<ResponsesRequest>): JsonRequest<ResponsesRequest> {
  const spans = { model: undefined, streamOptions: undefined, close: 0 };
  return { bytes: Buffer.alloc(0), value: { model: 'm', input: 'Hi', ...value }, spans };
}

const callOf = (value: Partial<ResponsesRequest>, type = 'openai') =>
  ({
    operation: 'responses',
    request: requestOf(value),
    caller,
    answeredBy: madeTarget(type),
  }) as unknown as Call<'responses'>;

/** @param run what becomes of a statement that writes */
function world(run: () => Promise<number>, replies: readonly Reply[] = [WHOLE]) {
  const database = { run: vi.fn(run), read: vi.fn(() => Promise.reject(new Error('not asked for'))) };
  const log = { failed: vi.fn(), recovered: vi.fn() };
  const relay = {
    relay: (_: Call, __: CallSignal, emit: Emit) => {
      for (const reply of replies) void emit(reply);
      return Promise.resolve();
    },
  };
  const stored = new StoredResponses(database as unknown as Database, relay, log as unknown as FaultLog);
  const seen: Reply[] = [];
  const answer = (call: Call<'responses'>): Promise<void> =>
    stored.answer(call, new CallSignal(), (reply) => void seen.push(reply));
  return { database, log, stored, seen, answer };
}

const parameters = ({ database }: ReturnType<typeof world>): unknown =>
  (database.run.mock.calls as unknown[][])[0]?.[1];

describe('an answer', () => {
  it.each<[string, Reply]>([
    ['whole', WHOLE],
    ['at the end of a stream', LAST],
  ])('is kept as it went out, %s', async (_, reply) => {
    const { answer, ...rest } = world(() => Promise.resolve(1), [reply]);
    await answer(callOf({ previous_response_id: 'resp_0' }));
    expect(rest.seen).toEqual([reply]);
    expect(parameters(rest as ReturnType<typeof world>)).toEqual([
      'k',
      'resp_1',
      expect.any(String),
      expect.any(String),
      'p',
      'resp_0',
      '[{"type":"message","role":"user","content":"Hi"}]',
      RESPONSE,
    ]);
  });

  it('of a provider that was asked for a chat is nobody’s else', async () => {
    const one = world(() => Promise.resolve(1));
    await one.answer(callOf({}, 'anthropic'));
    expect((parameters(one) as unknown[])[4]).toBeNull();
  });

  it.each<[string, Partial<ResponsesRequest>, Reply]>([
    ['that nobody wants to keep', { store: false }, WHOLE],
    ['without an id', {}, { ...WHOLE, body: Buffer.from('{"object":"response"}') } as Reply],
    ['whose id is no text', {}, { ...WHOLE, body: Buffer.from('{"id":7}') } as Reply],
    ['that is no JSON', {}, { ...WHOLE, body: Buffer.from('<html>') } as Reply],
    ['that ends in something else', {}, { kind: 'end', text: 'data: [DONE]\n\n' }],
    ['that broke off', {}, { kind: 'pieces', pieces: [Buffer.from('data: {}\n\n')] }],
  ])('%s touches no database', async (_, value, reply) => {
    const { answer, database, seen } = world(() => Promise.resolve(1), [reply]);
    await answer(callOf(value));
    expect(seen).toEqual([reply]);
    expect([database.run.mock.calls, database.read.mock.calls]).toEqual([[], []]);
  });
});

describe('a database', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('that fails is told of, and the answer goes out', async () => {
    const away = new GatewayError('service_unavailable');
    const { answer, log } = world(() => Promise.reject(away));
    await answer(callOf({}));
    expect(log.failed).toHaveBeenCalledWith(expect.any(String), away);
  });

  it('that hangs is waited for a second', async () => {
    const { answer, log } = world(() => new Promise(() => {}));
    let isOver = false;
    const answered = answer(callOf({})).then(() => (isOver = true));
    await vi.advanceTimersByTimeAsync(999);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await answered;
    expect(log.failed).toHaveBeenCalledTimes(1);
  });
});

describe('a request', () => {
  it('that stands for itself is what it was, without a look into the database', async () => {
    const { stored, database } = world(() => Promise.resolve(1));
    const request = requestOf({});
    expect(await stored.expand(request, caller)).toBe(request);
    expect(database.read).not.toHaveBeenCalled();
  });

  it.each(['', 'a\0b', 'x'.repeat(257)])(
    'that goes on from what nothing is called is refused',
    async (id) => {
      const { stored, database } = world(() => Promise.resolve(1));
      await expect(stored.expand(requestOf({ previous_response_id: id }), caller)).rejects.toMatchObject({
        code: 'previous_response_not_found',
        param: 'previous_response_id',
      });
      await expect(stored.find(id, caller)).rejects.toMatchObject({ code: 'not_found' });
      expect(database.read).not.toHaveBeenCalled();
    },
  );

  it('has all that came before in its input, and knows how much that is', async () => {
    const { stored, database } = world(() => Promise.resolve(1));
    const row = { input: '[{"a":1}]', response: '{"output":[{"b":2}]}', providerId: null };
    const turns = { rows: [row, { ...row, providerId: 'p' }], missing: undefined, isTooLong: false };
    database.read.mockResolvedValue(turns as never);
    const request = requestOf({ previous_response_id: 'resp_1' });
    const expanded = await stored.expand(request, caller);
    const turn = [{ a: 1 }, { b: 2 }];
    const own = { type: 'message', role: 'user', content: 'Hi' };
    expect(expanded).toEqual({
      ...request,
      value: { ...request.value, input: [...turn, ...turn, own] },
      history: { length: 4, providerId: 'p' },
    });
  });

  it.each([
    [{ rows: [], missing: 'resp_0', isTooLong: false }, 'previous_response_not_found', 'resp_0'],
    [{ rows: [], missing: undefined, isTooLong: true }, 'request_too_large', '1000'],
  ])('that cannot go on: %j', async (turns, code, word) => {
    const { stored, database } = world(() => Promise.resolve(1));
    database.read.mockResolvedValue(turns as never);
    const error = await stored
      .expand(requestOf({ previous_response_id: 'x' }), caller)
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code, message: expect.stringContaining(word) });
  });
});
