import type { LimitAnswer, LimitQuestions } from '#coordination';
import type { Figure } from '#observability';

/** What the primary says to a worker. */
export type PrimaryMessage =
  /** The answer to `joins`. `gatewayId` is one for all workers of a gateway. */
  | { readonly kind: 'welcome'; readonly gatewayId: string }
  /** How many workers listen now. */
  | { readonly kind: 'workers'; readonly count: number }
  | { readonly kind: 'limits'; readonly answers: readonly LimitAnswer[] }
  | { readonly kind: 'metrics'; readonly id: number }
  | { readonly kind: 'reload' }
  | { readonly kind: 'stop' };

/** What went wrong in a worker, so often since it last said so. */
export interface Fault {
  readonly kind: 'fault';
  readonly event: string;
  readonly message: string;
  readonly times: number;
  /** As the log shows it. */
  readonly err?: unknown;
}

/** What a worker says to its primary. */
export type WorkerMessage =
  /** It hears what it is told from now on. */
  | { readonly kind: 'joins' }
  | {
      readonly kind: 'listens';
      readonly url: string;
      /** A model that can be called; undefined: there is none yet. */
      readonly model?: string;
    }
  | { readonly kind: 'limits'; readonly questions: LimitQuestions }
  | Fault
  | { readonly kind: 'fault_over'; readonly event: string; readonly message: string }
  | { readonly kind: 'metrics'; readonly id: number; readonly figures: readonly Figure[] };
