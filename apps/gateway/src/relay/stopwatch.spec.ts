import { describe, expect, it } from 'vitest';
import { Stopwatch } from './stopwatch.js';

describe('a stopwatch', () => {
  it("tells our time from the provider's, before and behind it", () => {
    const watch = new Stopwatch(100);
    watch.send({ arrivedAt: 150 }, 103);
    expect(watch.answer(155)).toBe(8);
    expect(watch.stop(160)).toMatchObject({
      totalMs: 60,
      upstreamMs: 47,
      overheadMs: 8,
      firstTokenMs: undefined,
    });
  });

  it("takes all the time of a stream behind its first piece for the provider's", () => {
    const watch = new Stopwatch(100);
    const exchange = { arrivedAt: 110 };
    watch.send(exchange, 101);
    expect(watch.open(112)).toBe(3);
    exchange.arrivedAt = 500;
    expect(watch.stop(512)).toMatchObject({ totalMs: 412, upstreamMs: 409, overheadMs: 3, firstTokenMs: 12 });
  });

  it('adds up what each target took', () => {
    const watch = new Stopwatch(0);
    watch.send({ arrivedAt: 11 }, 1);
    watch.send({ arrivedAt: 25 }, 12);
    expect(watch.answer(26)).toBe(3);
  });

  it('takes it that a silent target was waited for until the next one was asked', () => {
    const watch = new Stopwatch(0);
    watch.send({ arrivedAt: 0 }, 1);
    watch.send({ arrivedAt: 0 }, 21);
    expect(watch.stop(31)).toMatchObject({ upstreamMs: 30, overheadMs: undefined });
  });

  it('knows nothing of a provider where none was asked', () => {
    expect(new Stopwatch(5).stop(7)).toMatchObject({ totalMs: 2, upstreamMs: undefined });
  });
});
