import { Observable } from 'rxjs';
import { GatewayError } from '#contract';

/** Says when the reader can take more: undefined is now, a promise is then. */
export type Gate = () => Promise<void> | undefined;

/**
 * Pulls an async iterable into an Observable, one piece at a time, and only while the gate is open: a slow reader
 * holds back the source, and nothing piles up in between. Unsubscribing aborts the source, also while it waits.
 */
export function toObservable<T>(
  source: AsyncGenerator<T>,
  gate: Gate,
  abort: (reason: GatewayError) => void,
): Observable<T> {
  return new Observable<T>((subscriber) => {
    let settled = false;
    const pull = async (): Promise<void> => {
      try {
        for (;;) {
          const wait = gate();
          if (wait) await wait;
          if (subscriber.closed) return;
          const { value, done } = await source.next();
          if (done) break;
          subscriber.next(value);
        }
        settled = true;
        subscriber.complete();
      } catch (error) {
        settled = true;
        subscriber.error(error);
      }
    };
    void pull();
    return () => {
      if (settled) return;
      abort(new GatewayError('client_closed_request'));
      // `return` waits for a pending `next`, which the abort has just ended.
      source.return(undefined).catch(() => {});
    };
  });
}
