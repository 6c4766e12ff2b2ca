import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { connectionOf } from './connections.js';
import type { Connection } from './connections.js';

/** How long a client may move next to nothing, in milliseconds: it is closed within 15 s. */
export const STALLED_MS = 10_000;

/** Less than this in that time is nothing: no line is so slow. */
const LEAST_BYTES = 1_024;
const SWEEP_MS = 1_000;

/** How far a connection was when the time began to count; 0: it does not count. */
interface Progress {
  received: number;
  receivingSince: number;
  unsent: number;
  sendingSince: number;
}

const BODY_TIMEOUT = 'ERR_HTTP_REQUEST_TIMEOUT';

/**
 * Gives up on bodies that do not come, and on answers that nobody takes. Node bounds the whole of a request, which
 * must be long for large uploads, and does not look at answers. One look at all connections a second costs less than
 * a timer for each request.
 */
export class SlowClients {
  private readonly connections = new Map<Connection, Progress>();

  constructor(
    private readonly server: Server,
    private readonly stalledMs: number,
  ) {
    server.on('connection', (socket: Socket) => {
      const connection = connectionOf(socket);
      this.connections.set(connection, { received: 0, receivingSince: 0, unsent: 0, sendingSince: 0 });
      socket.once('close', () => this.connections.delete(connection));
    });
    const sweeps = setInterval(() => this.sweep(performance.now()), Math.min(SWEEP_MS, stalledMs));
    sweeps.unref();
    server.once('close', () => clearInterval(sweeps));
  }

  private sweep(now: number): void {
    for (const [connection, progress] of this.connections) {
      this.watchReceiving(connection, progress, now);
      this.watchSending(connection, progress, now);
    }
  }

  private watchReceiving({ request, socket }: Connection, progress: Progress, now: number): void {
    if (!request || request.complete) {
      progress.receivingSince = 0;
    } else if (progress.receivingSince === 0 || socket.bytesRead - progress.received >= LEAST_BYTES) {
      progress.received = socket.bytesRead;
      progress.receivingSince = now;
    } else if (now - progress.receivingSince >= this.stalledMs) {
      progress.receivingSince = 0;
      const error = Object.assign(new Error(BODY_TIMEOUT), { code: BODY_TIMEOUT });
      this.server.emit('clientError', error, socket);
    }
  }

  private watchSending({ socket }: Connection, progress: Progress, now: number): void {
    const unsent = unsentBytes(socket);
    if (unsent === 0 || unsent !== progress.unsent) {
      progress.unsent = unsent;
      progress.sendingSince = now;
    } else if (now - progress.sendingSince >= this.stalledMs) {
      socket.destroy();
    }
  }
}

/** What waits for the client to take it. A large piece is one write: how much of it is gone, its handle knows. */
function unsentBytes(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { _handle?: { writeQueueSize?: number } | null };
  return socket.writableLength === 0 ? 0 : socket.writableLength + (handle?.writeQueueSize ?? 0);
}
