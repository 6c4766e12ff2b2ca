import type { Figure } from '#observability';
import type { Worker } from './worker-pool.js';

/** Prometheus itself waits for 10 s. */
const PATIENCE_MS = 5_000;

interface Round {
  /** Who has not answered. */
  readonly missing: Set<number>;
  readonly figures: Map<number, readonly Figure[]>;
  finish(): void;
}

/** Asks workers what they have counted. */
export class WorkerFigures {
  private rounds = 0;
  private readonly open = new Map<number, Round>();

  /** @param listening who is asked */
  constructor(private readonly listening: () => readonly Worker[]) {}

  /** By worker; of one that dies meanwhile there is nothing. @throws when one that lives does not answer */
  async ask(): Promise<ReadonlyMap<number, readonly Figure[]>> {
    const workers = this.listening().filter((worker) => worker.isConnected());
    const id = ++this.rounds;
    const figures = new Map<number, readonly Figure[]>();
    if (workers.length === 0) return figures;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((finish, reject) => {
        this.open.set(id, { missing: new Set(workers.map((worker) => worker.id)), figures, finish });
        const late = new Error(`A worker did not say within ${PATIENCE_MS} ms what it has counted.`);
        timer = setTimeout(() => reject(late), PATIENCE_MS);
        for (const worker of workers) worker.send({ kind: 'metrics', id }, () => {});
      });
    } finally {
      clearTimeout(timer);
      this.open.delete(id);
    }
    return figures;
  }

  receive(worker: number, id: number, figures: readonly Figure[]): void {
    const round = this.open.get(id);
    round?.figures.set(worker, figures);
    this.strike(round, worker);
  }

  /** It is dead: what it answered a moment ago would be told twice, now and as what the dead had counted. */
  forget(worker: number): void {
    for (const round of this.open.values()) {
      round.figures.delete(worker);
      this.strike(round, worker);
    }
  }

  private strike(round: Round | undefined, worker: number): void {
    round?.missing.delete(worker);
    if (round?.missing.size === 0) round.finish();
  }
}
