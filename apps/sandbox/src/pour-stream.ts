import type { StreamEvent } from './answer-stream.js';
import type { Outlet } from './outlet.js';
import type { Script } from './script.js';

/** How events are told apart in the bytes of a stream. */
export interface Framing {
  readonly contentType: string;
  frame(event: StreamEvent): Buffer;
}

/** How a pouring ended: as it should, by `cut`, or because the client went (also after `stall`). */
export type PourEnd = 'ended' | 'cut' | 'gone';

/** With no gap, events leave together in bursts of about this many characters. */
const BURST = 32 * 1024;

/**
 * Frames events and writes them with the script's gaps, splits and interruptions.
 * `report` hears of every batch of content events that was written.
 */
export async function pourStream(
  outlet: Outlet,
  events: Iterable<StreamEvent>,
  script: Readonly<Script> & { readonly framing: Framing | undefined },
  report: (contentEvents: number) => void,
): Promise<PourEnd> {
  const line = script.crlf ? '\r\n' : '\n';
  const lead = script.comments ? `: ping${line}${line}` : '';
  const limit = Math.min(script.cut ?? Infinity, script.stall ?? Infinity);
  const { framing } = script;
  // Frames are gathered one character a byte.
  const encoding = framing ? 'latin1' : 'utf8';
  let burst = '';
  let written = 0;
  let pending = 0;
  const flush = async (): Promise<void> => {
    const bytes = burst;
    const count = pending;
    burst = '';
    pending = 0;
    if (bytes === '' || outlet.isGone()) return;
    report(count);
    if (script.split !== undefined) await outlet.writeSplit(Buffer.from(bytes, encoding), script.split);
    else await outlet.write(framing ? Buffer.from(bytes, encoding) : bytes);
  };
  for (const streamed of events) {
    const { name, data, phase } = streamed;
    const isAfterOpening = phase === 'content' || phase === 'close';
    if (written === limit && isAfterOpening) {
      await flush();
      return interrupt(outlet, script.cut === limit);
    }
    const event = name === undefined ? '' : `event: ${name}${line}`;
    burst += framing
      ? framing.frame(streamed).toString('latin1')
      : `${lead}${event}data: ${data}${line}${line}`;
    if (phase === 'content') {
      written++;
      pending++;
    }
    if (script.gap > 0 ? phase === 'content' || phase === 'reasoning' : burst.length >= BURST) {
      await flush();
      await outlet.pause(script.gap);
    }
    if (outlet.isGone()) return 'gone';
  }
  await flush();
  outlet.end();
  return outlet.isGone() ? 'gone' : 'ended';
}

async function interrupt(outlet: Outlet, isCut: boolean): Promise<PourEnd> {
  if (outlet.isGone()) return 'gone';
  if (isCut) return 'cut';
  await outlet.silence();
  return 'gone';
}
