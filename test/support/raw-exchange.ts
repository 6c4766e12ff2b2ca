import { connect } from 'node:net';

/** All that came back on one connection, and whether the server closed it. */
export interface RawExchange {
  readonly text: string;
  /** Status lines. */
  readonly statuses: readonly number[];
  readonly isClosed: boolean;
}

/** A server that has not answered in this time does not answer; one that has is given a moment for a second answer. */
const PATIENCE_MS = 2_000;
const MORE_MS = 150;

/** Sends bytes as they are, in one piece or several, and reads all that comes. */
export function rawExchange(url: string, ...pieces: (string | Buffer)[]): Promise<RawExchange> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    let text = '';
    let timer = setTimeout(() => finish(false), PATIENCE_MS);
    const finish = (isClosed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
      resolve({ text, statuses, isClosed });
    };
    socket.on('data', (piece) => {
      text += piece.toString('latin1');
      clearTimeout(timer);
      timer = setTimeout(() => finish(false), MORE_MS);
    });
    socket.on('error', () => finish(true));
    socket.on('end', () => finish(true));
    for (const piece of pieces) socket.write(piece);
  });
}
