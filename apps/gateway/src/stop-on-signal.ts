/** So close behind the first, a signal is the same wish: a terminal's Ctrl-C comes to the process, and again by npm. */
const ECHO_MS = 500;

/** Signals of a process, or of a test. */
export interface Signals {
  on(event: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
}

/** Stops at the first signal; at the second one, `end`s at once: whoever asks twice does not want to wait. */
export function stopOnSignal(
  signals: Signals,
  clock: () => number,
  { stop, end }: { readonly stop: () => void; readonly end: () => void },
): void {
  let since: number | undefined;
  const hear = (): void => {
    if (since === undefined) {
      since = clock();
      stop();
    } else if (clock() - since >= ECHO_MS) {
      end();
    }
  };
  signals.on('SIGTERM', hear);
  signals.on('SIGINT', hear);
}
