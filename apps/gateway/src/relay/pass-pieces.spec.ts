import { afterEach, describe, expect, it, vi } from 'vitest';
import { CallSignal, GatewayError } from '#contract';
import type { Reply } from '#contract';
import type { PiecesWinner } from './attempt.js';
import type { Call } from './call.js';
import { passPieces } from './pass-pieces.js';
import type { Pieces } from './pieces.js';
import { SeenText } from './seen-text.js';

const CHUNK = Buffer.from(`data: ${'x'.repeat(192)}\n\n`);

/** So many packets of ten chunks, that are all there. */
function burst(packets: number): Pieces {
  return {
    usage: undefined,
    hasContent: true,
    isComplete: false,
    ending: 'end',
    next: async () => (packets-- > 0 ? Array.from({ length: 10 }, () => CHUNK) : undefined),
  };
}

function winner(pieces: Pieces): PiecesWinner {
  return { kind: 'pieces', contentType: 'text/event-stream', first: [CHUNK], pieces };
}

function call(): Call {
  const messages = [{ role: 'user', content: 'one two three four five six seven' }];
  const bytes = Buffer.from('{"model":"m","stream":true,"messages":[]}');
  const value = { model: 'm', stream: true, messages };
  return { operation: 'chat', request: { bytes, value, spans: {} } } as unknown as Call;
}

const count = (reply: Reply): number => (reply.kind === 'pieces' ? reply.pieces.length : 0);

afterEach(() => void vi.useRealTimers());

describe('a burst', () => {
  it('lets other streams have their turns', async () => {
    let passed = 0;
    const othersAt: number[] = [];
    const otherStream = (): void => {
      othersAt.push(passed);
      if (passed < 20_001) setImmediate(otherStream);
    };
    setImmediate(otherStream);
    await passPieces(call(), winner(burst(2_000)), new CallSignal(), (reply) => {
      passed += count(reply);
      return undefined;
    });
    expect(passed).toBe(20_001);
    const waits = othersAt.map((at, turn) => at - (othersAt[turn - 1] ?? 0));
    expect(Math.max(...waits)).toBeLessThanOrEqual(700);
  });

  it('is over when the call is', async () => {
    const signal = new CallSignal();
    let passed = 0;
    setImmediate(() => signal.abort(new GatewayError('client_closed_request')));
    const passing = passPieces(call(), winner(burst(2_000)), signal, (reply) => {
      passed += count(reply);
      return undefined;
    });
    await expect(passing).rejects.toMatchObject({ code: 'client_closed_request' });
    expect(passed).toBeLessThan(1_500);
  });

  it('waits for a client that takes nothing', async () => {
    let passed = 0;
    let drain: () => void = () => {};
    const full = new Promise<void>((resolve) => (drain = resolve));
    const passing = passPieces(call(), winner(burst(3)), new CallSignal(), (reply) => {
      passed += count(reply);
      return passed === 11 ? full : undefined;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(passed).toBe(11);
    drain();
    await passing;
    expect(passed).toBe(31);
  });
});

describe('the last of an answer', () => {
  it.each([
    ['chat', true, true],
    ['chat', false, false],
    ['responses', true, false],
  ])('of %s, known to be complete: %s, may wait for its end: %s', async (operation, isComplete, isLast) => {
    const replies: Reply[] = [];
    const pieces = { ...burst(0), isComplete };
    const asked = { ...call(), operation } as Call;
    await passPieces(asked, winner(pieces), new CallSignal(), (reply) => void replies.push(reply));
    expect(replies).toEqual([
      { kind: 'pieces', pieces: [CHUNK], isLast },
      { kind: 'end', text: 'end' },
    ]);
  });
});

describe('what a stream keeps of its request', () => {
  const stream = async (ms: number): Promise<{ call: Call; seen: SeenText; condense: number }> => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const asked = call();
    const seen = new SeenText();
    const condense = vi.spyOn(seen, 'condense');
    let packets = 3;
    const pieces: Pieces = {
      ...burst(0),
      seen,
      next: async () => {
        vi.advanceTimersByTime(ms);
        return packets-- > 0 ? [CHUNK] : undefined;
      },
    };
    await passPieces(asked, winner(pieces), new CallSignal(), () => undefined);
    return { call: asked, seen, condense: condense.mock.calls.length };
  };

  it('is what it says while the stream is short', async () => {
    const { call: asked, condense } = await stream(10);
    expect(asked.request.value).toHaveProperty('messages');
    expect(asked.request.upload === undefined && asked.request.bytes.length).toBeGreaterThan(0);
    expect(condense).toBe(0);
  });

  it('is an estimate of its prompt when it lasts, and neither its bytes nor its texts', async () => {
    const { call: asked, condense } = await stream(3_000);
    expect(asked.request.value).toEqual({ model: 'm', stream: true });
    expect(asked.request.upload === undefined && asked.request.bytes.length).toBe(0);
    expect(asked.promptEstimate).toBeGreaterThan(7);
    expect(condense).toBe(1);
  });
});
