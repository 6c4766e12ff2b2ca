import type { CallSignal, Emit } from '#contract';
import type { PiecesWinner } from './attempt.js';
import type { Call } from './call.js';
import { letGo } from './let-go.js';

/** So much of one answer goes out in a turn of the event loop, in bytes: some 600 chunks, a few milliseconds. */
const TURN_BYTES = 128 * 1024;

/** Milliseconds. Who lasts longer is looked through for what a long one need not keep: a prompt of 20 KB takes some 0.1 ms. */
const LONG_MS = 5_000;

/**
 * The answer as it comes, and no faster than the client takes it: a slow one slows its upstream. Nor faster than it is
 * fair: an upstream may send megabytes in one turn, and all other answers would wait for the end of them.
 */
export async function passPieces(
  call: Call,
  { first, pieces }: PiecesWinner,
  signal: CallSignal,
  emit: Emit,
): Promise<void> {
  let longAt = performance.now() + LONG_MS;
  let bytes = 0;
  for (let next: Buffer[] | undefined = first.splice(0); next; next = await pieces.next()) {
    for (const piece of next) bytes += piece.length;
    // A response is stored before it ends, by a database that may be slow: what has come of it does not wait for that.
    const isLast = pieces.isComplete && call.operation !== 'responses';
    const full = emit({ kind: 'pieces', pieces: next, isLast });
    if (full) await full;
    if (bytes > TURN_BYTES) {
      bytes = 0;
      await nextTurn();
    }
    signal.throwIfAborted();
    if (performance.now() < longAt) continue;
    longAt = Infinity;
    letGo(call);
    pieces.seen?.condense();
  }
  if (pieces.ending !== '') emit({ kind: 'end', text: pieces.ending });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
