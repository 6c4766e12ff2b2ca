import type { Logger } from '#observability';
import type { PrimaryMessage, WorkerMessage } from './messages.js';
import { PROVEN_MS, restartPause } from './restart-pause.js';

/** Of a worker of `node:cluster`, what is needed of it. */
export interface Worker {
  /** Never given twice. */
  readonly id: number;
  readonly process: { readonly pid?: number | undefined; kill(signal: NodeJS.Signals): boolean };
  isConnected(): boolean;
  send(message: PrimaryMessage, callback: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: WorkerMessage) => void): unknown;
  on(event: 'exit', listener: (code: number | null, signal: string | null) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export type Listening = Extract<WorkerMessage, { kind: 'listens' }>;

export interface WorkerPoolOptions {
  readonly count: number;
  readonly gatewayId: string;
  readonly fork: () => Worker;
  readonly logger: Pick<Logger, 'error' | 'info'>;
  readonly clock: () => number;
  /** Whatever a worker says, but that it is there and listens. */
  readonly heard: (worker: Worker, message: WorkerMessage) => void;
  readonly died: (worker: Worker) => void;
}

/** No worker came up; the first one has said why. */
export class WorkerFailed extends Error {
  constructor(readonly exitCode: number) {
    super('The first worker did not start.');
  }
}

/** The place of one worker, and of those that replace it. */
interface Place {
  readonly number: number;
  worker: Worker | undefined;
  /** Undefined: it does not listen yet. */
  listensSince: number | undefined;
  deaths: number;
  restart: NodeJS.Timeout | undefined;
}

/** Keeps so many workers running. */
export class WorkerPool {
  private readonly places: Place[];
  private first: Listening | undefined;
  private isStopping = false;
  private areClean = true;
  private settle: { up(first: Listening): void; failed(error: WorkerFailed): void } | undefined;
  private ended: (() => void) | undefined;

  constructor(private readonly options: WorkerPoolOptions) {
    this.places = Array.from({ length: options.count }, (_, at) => ({
      number: at + 1,
      worker: undefined,
      listensSince: undefined,
      deaths: 0,
      restart: undefined,
    }));
  }

  /**
   * One worker first: it brings the schema up to date, and what is wrong is said once. The others behind it, all at once.
   *
   * @returns when all of them listen
   * @throws WorkerFailed when the first one ends instead
   */
  start(): Promise<Listening> {
    return new Promise((up, failed) => {
      this.settle = { up, failed };
      this.fork(this.places[0] as Place);
    });
  }

  /** Those that take calls. */
  get listening(): Worker[] {
    return this.places.flatMap(({ worker, listensSince }) => (worker && listensSince ? [worker] : []));
  }

  tell(message: PrimaryMessage): void {
    for (const { worker } of this.places) if (worker) send(worker, message);
  }

  /** Settles when all have finished what they had and are gone: did each of them end well? */
  async stop(): Promise<boolean> {
    this.isStopping = true;
    for (const { restart } of this.places) clearTimeout(restart);
    if (this.places.some(({ worker }) => worker)) {
      this.tell({ kind: 'stop' });
      await new Promise<void>((resolve) => (this.ended = resolve));
    }
    return this.areClean;
  }

  /** At once, whatever they have in flight. */
  kill(): void {
    this.isStopping = true;
    for (const { worker } of this.places) worker?.process.kill('SIGKILL');
  }

  private fork(place: Place): void {
    const worker = this.options.fork();
    place.worker = worker;
    place.listensSince = undefined;
    // A connection may be handed to it in the moment in which it dies.
    worker.on('error', () => {});
    worker.on('message', (message) => {
      if (message.kind === 'joins') this.welcome(worker);
      else if (message.kind === 'listens') this.listens(place, message);
      else this.options.heard(worker, message);
    });
    worker.on('exit', (code, signal) => this.exits(place, worker, code, signal));
  }

  /** What it was told before it did not hear. */
  private welcome(worker: Worker): void {
    send(worker, { kind: 'welcome', gatewayId: this.options.gatewayId });
    if (this.isStopping) send(worker, { kind: 'stop' });
  }

  private listens(place: Place, message: Listening): void {
    place.listensSince = this.options.clock();
    if (!this.first && !this.isStopping) for (const other of this.places.slice(1)) this.fork(other);
    this.first ??= message;
    this.tellCount();
    if (this.listening.length === this.places.length) this.settle?.up(this.first);
  }

  private exits(place: Place, worker: Worker, code: number | null, signal: string | null): void {
    const servedMs = place.listensSince === undefined ? 0 : this.options.clock() - place.listensSince;
    place.worker = undefined;
    place.listensSince = undefined;
    this.options.died(worker);
    this.tellCount();
    if (this.isStopping) {
      this.areClean &&= code === 0;
      if (this.places.every((each) => !each.worker)) this.ended?.();
      return;
    }
    if (!this.first) return this.settle?.failed(new WorkerFailed(code || 1));
    if (servedMs >= PROVEN_MS) place.deaths = 0;
    this.replace(place, { worker: place.number, pid: worker.process.pid, code, signal });
  }

  private replace(place: Place, dead: object): void {
    const pauseMs = restartPause(place.deaths++);
    const line = 'a worker ended; another one takes its place';
    this.options.logger.error({ event: 'worker_ended', ...dead, restart_ms: pauseMs }, line);
    place.restart = setTimeout(() => this.fork(place), pauseMs);
  }

  private tellCount(): void {
    this.tell({ kind: 'workers', count: this.listening.length });
  }
}

/** One that has just died hears nothing. */
function send(worker: Worker, message: PrimaryMessage): void {
  if (worker.isConnected()) worker.send(message, () => {});
}
