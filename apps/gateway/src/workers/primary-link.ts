import type { LimitAnswer, LimitQuestions } from '#coordination';
import { describeError } from '#observability';
import type { FaultTeller, Figure } from '#observability';
import type { PrimaryMessage, WorkerMessage } from './messages.js';

/** Injects the `PrimaryLink`; undefined: the gateway is one process. */
export const PRIMARY_LINK = Symbol('primary-link');

/** A worker's way to its primary: of Node's `process`, what is needed of it. */
export interface Channel {
  readonly connected: boolean;
  send?(message: WorkerMessage, callback: (error: Error | null) => void): unknown;
  on(event: 'message', listener: (message: PrimaryMessage) => void): unknown;
  once(event: 'disconnect', listener: () => void): unknown;
}

/** What the primary asks a worker to do. */
export interface Duties {
  reload(): void;
  /** Finish what is in flight, take no more, and end. The primary asks for it, or is gone. */
  stop(): void;
}

/** A worker's side of what it and its primary say to each other. */
export class PrimaryLink {
  /** How many workers this gateway has now. */
  workers = 1;
  private isLost = false;
  private isStopping = false;
  private duties: Duties | undefined;
  private hearLimits: ((answers: readonly LimitAnswer[]) => void) | undefined;
  private hearLoss: (() => void) | undefined;
  private readFigures: (() => Promise<readonly Figure[]>) | undefined;

  private constructor(
    private readonly channel: Channel,
    /** One for all workers of this gateway. */
    readonly gatewayId: string,
  ) {
    channel.on('message', (message) => this.hear(message));
  }

  /** Settles when the primary has said who it is. */
  static join(channel: Channel): Promise<PrimaryLink> {
    return new Promise((resolve) => {
      let link: PrimaryLink | undefined;
      channel.on('message', (message) => {
        if (message.kind === 'welcome') resolve((link = new PrimaryLink(channel, message.gatewayId)));
      });
      channel.once('disconnect', () => link?.lose());
      channel.send?.({ kind: 'joins' }, () => {});
    });
  }

  /** What was asked for before is done now. */
  serve(duties: Duties): void {
    this.duties = duties;
    if (this.isStopping) duties.stop();
  }

  onLimits(hear: (answers: readonly LimitAnswer[]) => void, lost: () => void): void {
    this.hearLimits = hear;
    this.hearLoss = lost;
  }

  onMetrics(read: () => Promise<readonly Figure[]>): void {
    this.readFigures = read;
  }

  tellListening(url: string, model: string | undefined): void {
    this.send({ kind: 'listens', url, ...(model === undefined ? {} : { model }) });
  }

  /** @throws when the primary is gone */
  askLimits(questions: LimitQuestions): void {
    if (!this.channel.connected) throw new Error('The primary is gone.');
    this.send({ kind: 'limits', questions });
  }

  /** Where this worker's faults are told of: by the primary, once for all workers, and by `alone` when it is gone. */
  tellerOr(alone: FaultTeller): FaultTeller {
    const { channel } = this;
    return {
      warn: ({ event, times, err }, message) => {
        if (!channel.connected) return alone.warn({ event, times, err }, message);
        const shown = err === undefined ? {} : { err: describeError(err) };
        this.send({ kind: 'fault', event, message, times, ...shown });
      },
      info: ({ event }, message) => {
        if (!channel.connected) return alone.info({ event }, message);
        this.send({ kind: 'fault_over', event, message });
      },
    };
  }

  private hear(message: PrimaryMessage): void {
    switch (message.kind) {
      case 'limits':
        return this.hearLimits?.(message.answers);
      case 'workers':
        this.workers = Math.max(1, message.count);
        return;
      case 'metrics':
        return void this.tellFigures(message.id);
      case 'reload':
        return this.duties?.reload();
      case 'stop':
        return this.stop();
    }
  }

  /** Until the gateway listens it has counted nothing. */
  private async tellFigures(id: number): Promise<void> {
    this.send({ kind: 'metrics', id, figures: (await this.readFigures?.()) ?? [] });
  }

  /** Nobody restarts this worker, nor gives it connections: what it has it finishes. */
  private lose(): void {
    if (this.isLost) return;
    this.isLost = true;
    this.hearLoss?.();
    this.stop();
  }

  private stop(): void {
    if (this.isStopping) return;
    this.isStopping = true;
    this.duties?.stop();
  }

  /** A primary that ended between the question and the answer misses nothing. */
  private send(message: WorkerMessage): void {
    if (this.channel.connected) this.channel.send?.(message, () => {});
  }
}
