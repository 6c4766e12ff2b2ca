import { connect } from 'node:net';

/** An answer as its bytes say it, for requests that no HTTP client would send. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** As sent; a chunked body is put together. */
  readonly text: string;
  /** `name: value` lines in the order they came, before Headers folds them. */
  readonly headerLines: readonly string[];
}

const PATIENCE_MS = 5_000;

/** Sends bytes as they are and reads until the first answer is complete. */
export function rawRequest(url: string, bytes: string | Buffer): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let received = Buffer.alloc(0);
    const finish = (isEnd: boolean): void => {
      const answer = readAnswer(received, isEnd);
      if (!answer && !isEnd) return;
      socket.destroy();
      if (answer) resolve(answer);
      else reject(new Error(`The connection ended after ${received.length} bytes: ${received.toString()}`));
    };
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`No answer in ${PATIENCE_MS} ms`)));
    socket.on('error', reject);
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece]);
      finish(false);
    });
    socket.on('end', () => finish(true));
    socket.write(bytes);
  });
}

function readAnswer(bytes: Buffer, isEnd: boolean): RawAnswer | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...headerLines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const headers = new Headers(headerLines.map((line) => split(line)));
  const body = bytes.subarray(headEnd + 4);
  const text = headers.get('transfer-encoding') === 'chunked' ? dechunk(body) : whole(body, headers, isEnd);
  if (text === undefined) return undefined;
  return { status: Number(statusLine.split(' ')[1]), headers, text, headerLines };
}

function split(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function whole(body: Buffer, headers: Headers, isEnd: boolean): string | undefined {
  const length = Number(headers.get('content-length') ?? Number.NaN);
  if (isEnd || body.length >= length) return body.toString();
  return undefined;
}

/** Undefined until the last chunk is here. */
function dechunk(body: Buffer): string | undefined {
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16);
    if (size === 0) return Buffer.concat(pieces).toString();
    pieces.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
    if (at > body.length) return undefined;
  }
}
