import { FaultLog } from '#observability';
import type { FaultTeller } from '#observability';
import type { WorkerMessage } from './messages.js';

/**
 * Tells once of what all workers find, such as that the database is away. That it is over is told of with the first of
 * them that says so; whoever still fails says it again.
 */
export class WorkerFaults {
  private readonly logs = new Map<string, FaultLog>();

  /** @param teller is given errors as workers describe them */
  constructor(
    private readonly teller: FaultTeller,
    private readonly now: () => number,
  ) {}

  receive(message: Extract<WorkerMessage, { kind: 'fault' | 'fault_over' }>): void {
    const log = this.logOf(message.event);
    if (message.kind === 'fault_over') log.recovered(message.message);
    else log.failed(message.message, message.err, message.times);
  }

  private logOf(event: string): FaultLog {
    const known = this.logs.get(event);
    if (known) return known;
    const log = new FaultLog(this.teller, event, this.now);
    this.logs.set(event, log);
    return log;
  }
}
