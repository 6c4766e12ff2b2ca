import type { EventEmitter } from 'node:events';

/** Of a child process, what is needed of it. */
export interface Receiver extends EventEmitter {
  send(message: unknown, ...rest: unknown[]): boolean;
}

/** Node's own messages by which connections are handed to workers, and taken or not. */
interface ClusterMessage {
  readonly cmd?: string;
  readonly act?: string;
  readonly seq?: number;
  readonly ack?: number;
}

/**
 * Has the connections that a worker was handed and did not take before it died given to another one. Node would keep
 * them open and forget them, and their clients would wait for ever.
 *
 * @returns to be called when the worker is dead
 */
export function returnConnections(worker: Receiver): () => void {
  const handed = new Set<number>();
  const send = worker.send.bind(worker);
  worker.send = (message, ...rest) => {
    const { cmd, act, seq } = (message ?? {}) as ClusterMessage;
    if (cmd === 'NODE_CLUSTER' && act === 'newconn' && seq !== undefined) handed.add(seq);
    return send(message, ...rest);
  };
  worker.on('internalMessage', ({ cmd, ack }: ClusterMessage) => {
    if (cmd === 'NODE_CLUSTER' && ack !== undefined) handed.delete(ack);
  });
  return () => {
    // As a worker says that is about to stop: Node then hands the connection to the next.
    for (const ack of handed) worker.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack, accepted: false });
  };
}
