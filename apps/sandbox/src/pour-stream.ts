import type { StreamEvent } from './answer-stream.js';
import type { Outlet } from './outlet.js';
import type { Script } from './script.js';

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
  script: Readonly<Script>,
  report: (contentEvents: number) => void,
): Promise<PourEnd> {
  const line = script.crlf ? '\r\n' : '\n';
  const lead = script.comments ? `: ping${line}${line}` : '';
  const limit = Math.min(script.cut ?? Infinity, script.stall ?? Infinity);
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
    if (script.split === undefined) await outlet.write(bytes);
    else await outlet.writeSplit(Buffer.from(bytes), script.split);
  };
  for (const { name, data, phase } of events) {
    const isAfterOpening = phase === 'content' || phase === 'close';
    if (written === limit && isAfterOpening) {
      await flush();
      return interrupt(outlet, script.cut === limit);
    }
    const event = name === undefined ? '' : `event: ${name}${line}`;
    burst += `${lead}${event}data: ${data}${line}${line}`;
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
