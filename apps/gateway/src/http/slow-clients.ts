import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { connectionOf } from './connections.js';
import type { Connection } from './connections.js';

/** How long a client may move next to nothing, in milliseconds. */
export const STALLED_MS = 15_000;

/** Less than this in that time is nothing: no line is so slow. */
const LEAST_BYTES = 1_024;
const SWEEP_MS = 1_000;

/** How far a connection was when the time began to count; 0: it does not count. */
interface Progress {
  bytes: number;
  since: number;
}

const BODY_TIMEOUT = 'ERR_HTTP_REQUEST_TIMEOUT';

/** Gives up on bodies that do not come: Node bounds the whole of a request, which must be long for large uploads. */
export class SlowClients {
  private readonly connections = new Map<Connection, Progress>();

  constructor(
    private readonly server: Server,
    private readonly stalledMs: number,
  ) {
    server.on('connection', (socket: Socket) => {
      const connection = connectionOf(socket);
      this.connections.set(connection, { bytes: 0, since: 0 });
      socket.once('close', () => this.connections.delete(connection));
    });
    const sweeps = setInterval(() => this.sweep(performance.now()), Math.min(SWEEP_MS, stalledMs));
    sweeps.unref();
    server.once('close', () => clearInterval(sweeps));
  }

  private sweep(now: number): void {
    for (const [{ request, socket }, progress] of this.connections) {
      if (!request || request.complete) {
        progress.since = 0;
      } else if (progress.since === 0 || socket.bytesRead - progress.bytes >= LEAST_BYTES) {
        progress.bytes = socket.bytesRead;
        progress.since = now;
      } else if (now - progress.since >= this.stalledMs) {
        progress.since = 0;
        const error = Object.assign(new Error(BODY_TIMEOUT), { code: BODY_TIMEOUT });
        this.server.emit('clientError', error, socket);
      }
    }
  }
}
