import { describe, expect, it } from 'vitest';
import { GatewayError } from '#contract';
import { InFlight } from './in-flight.js';
import type { OpenCall } from './in-flight.js';

const makeCall = (end: OpenCall['end'] = () => {}): OpenCall => ({ end, place: -1 });

describe('InFlight', () => {
  it('is settled at once when there is nothing', async () => {
    await new InFlight().settled(60_000);
  });

  it('settles with the last call', async () => {
    const inFlight = new InFlight();
    const [one, two] = [makeCall(), makeCall()];
    inFlight.add(one);
    inFlight.add(two);
    let isSettled = false;
    const settled = inFlight.settled(60_000).then(() => (isSettled = true));
    inFlight.delete(one);
    inFlight.delete(one);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSettled).toBe(false);
    inFlight.delete(two);
    await settled;
    expect(inFlight.size).toBe(0);
  });

  it('waits no longer than it may', async () => {
    const inFlight = new InFlight();
    inFlight.add(makeCall());
    await inFlight.settled(5);
    expect(inFlight.size).toBe(1);
  });

  it('ends every call, also those that go while it does', () => {
    const inFlight = new InFlight();
    const ended: GatewayError[] = [];
    for (let count = 0; count < 3; count++) {
      const call = makeCall((error) => {
        ended.push(error);
        inFlight.delete(call);
      });
      inFlight.add(call);
    }
    const error = new GatewayError('service_unavailable');
    inFlight.endAll(error);
    expect(ended).toEqual([error, error, error]);
    expect(inFlight.size).toBe(0);
  });
});
