import { GatewayError, SseParser } from '#contract';
import type { SseEvent } from '#contract';
import type { Exchange } from './exchange.js';

/** The events of a streamed answer, as many at a time as have come. @throws GatewayError */
export async function* readSse(exchange: Exchange): AsyncGenerator<SseEvent[]> {
  const parser = new SseParser();
  try {
    for (let pieces = await exchange.read(); pieces; pieces = await exchange.read()) {
      const events =
        pieces.length === 1 ? parser.push(pieces[0] as Buffer) : pieces.flatMap((p) => parser.push(p));
      if (events.length > 0) yield events;
    }
  } catch (error) {
    // An event beyond all bounds: the upstream is broken.
    if (error instanceof RangeError) throw new GatewayError('upstream_unavailable', { cause: error });
    throw error;
  }
  const rest = parser.end();
  if (rest.length > 0) yield rest;
}
