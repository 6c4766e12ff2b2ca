import { Observable } from 'rxjs';
import { GatewayError } from '#contract';

/** Says when the reader can take more: undefined is now, a promise is then. */
export type Gate = () => Promise<void> | undefined;

/** Gives out pieces, and waits where it is told to, until it has settled. */
export type Source<T> = (emit: (piece: T) => Promise<void> | undefined) => Promise<void>;

/**
 * A source as an Observable with backpressure: a piece goes to the subscriber at once, and the source is told to wait
 * while the gate is closed, so that nothing piles up in between. Unsubscribing aborts the source, also while it waits.
 */
export function toObservable<T>(
  source: Source<T>,
  gate: Gate,
  abort: (reason: GatewayError) => void,
): Observable<T> {
  return new Observable<T>((subscriber) => {
    let settled = false;
    const emit = (piece: T): Promise<void> | undefined => {
      subscriber.next(piece);
      return gate();
    };
    source(emit).then(
      () => {
        settled = true;
        subscriber.complete();
      },
      (error: unknown) => {
        settled = true;
        subscriber.error(error);
      },
    );
    return () => {
      if (!settled) abort(new GatewayError('client_closed_request'));
    };
  });
}
