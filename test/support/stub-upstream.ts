import { createServer } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a stub answers, whatever it is asked. */
export interface StubAnswer {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body: string | ((request: StubRequest) => string);
}

export interface StubRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values by turns, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** An upstream that says exactly what a test tells it to: for answers that the sandbox would never give. */
export interface StubUpstream {
  readonly url: string;
  /** The request that came last. */
  readonly last: StubRequest;
  answerWith(answer: StubAnswer): void;
  close(): Promise<void>;
}

export async function startStub(): Promise<StubUpstream> {
  let answer: StubAnswer = { body: '{}' };
  let last: StubRequest | undefined;
  const server = createServer((request, response) => {
    const { url = '', headers: received, rawHeaders } = request;
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.once('end', () => {
      last = { url, headers: received, rawHeaders, body: Buffer.concat(pieces) };
      const { status = 200, type = 'application/json', headers = {}, body } = answer;
      const text = typeof body === 'string' ? body : body(last);
      response.writeHead(status, { 'content-type': type, ...headers }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get last() {
      if (!last) throw new Error('Nothing came.');
      return last;
    },
    answerWith: (next) => void (answer = next),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
