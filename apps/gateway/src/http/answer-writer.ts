import type { ServerResponse } from 'node:http';
import type { GatewayError, HeaderPairs, OpenReply } from '#contract';

const EVENTS_HEAD: HeaderPairs = ['cache-control', 'no-cache', 'x-accel-buffering', 'no'];

/** Node's fetch gives up after 300 s of silence, proxies sooner. A comment, one line end, never an `id:`. */
const HEARTBEAT = ': ping\n';
const HEARTBEAT_MS = 15_000;

/** From here on a piece is written as it is: to copy it takes longer. */
const LARGE_BYTES = 4 * 1024;

/** Writes an answer to a socket as it comes: server-sent events, or the bytes of a file. All that came together goes out together. */
export class AnswerWriter {
  isOpen = false;
  private isEvents = false;
  private isReleased = false;
  private heartbeat: NodeJS.Timeout | undefined = undefined;
  private drained: (() => void) | undefined = undefined;

  constructor(
    private readonly raw: ServerResponse,
    private readonly answerHead: HeaderPairs,
    private printError: (error: GatewayError) => string,
  ) {}

  /** Waits while the socket holds more than it can send. */
  gate(): Promise<void> | undefined {
    const { raw } = this;
    if (this.isReleased || !raw.writableNeedDrain) return undefined;
    return new Promise((resolve) => {
      this.drained = resolve;
      raw.once('drain', resolve);
    });
  }

  /** @param isEvents the answer is a stream of events, which may be kept alive by comments and ended by an error */
  open({ headers, contentType, printError }: Omit<OpenReply, 'kind'>, isEvents: boolean): void {
    this.isOpen = true;
    if (printError) this.printError = printError;
    this.isEvents = isEvents;
    const own = ['content-type', contentType, ...(isEvents ? EVENTS_HEAD : [])];
    this.raw.writeHead(200, [...this.answerHead, ...headers, ...own]);
    if (isEvents) this.heartbeat = setTimeout(() => this.beat(), HEARTBEAT_MS);
  }

  write(pieces: readonly Buffer[]): void {
    for (const piece of joinSmall(pieces)) this.raw.write(piece);
    this.heartbeat?.refresh();
  }

  /** @param last what has come and was not written yet */
  end(last: readonly Buffer[], text: string): void {
    this.close();
    const pieces = joinSmall(text === '' ? last : [...last, Buffer.from(text)]);
    const end = pieces.pop();
    for (const piece of pieces) this.raw.write(piece);
    if (end) this.raw.end(end);
    else this.raw.end();
  }

  /** One error frame and the end, never a false `[DONE]`. A file has no place for an error: it is cut. */
  fail(error: GatewayError): void {
    this.close();
    if (this.isEvents) this.raw.end(this.printError(error));
    else this.raw.destroy();
  }

  /** Waits for the socket no more: what is left goes out at once. */
  release(): void {
    this.isReleased = true;
    this.drained?.();
  }

  /** The socket is ended or gone. */
  close(): void {
    clearTimeout(this.heartbeat);
    this.release();
  }

  private beat(): void {
    if (!this.raw.writableNeedDrain) this.raw.write(HEARTBEAT);
    this.heartbeat?.refresh();
  }
}

/** Large pieces as they are, and what stands between them as one. */
function joinSmall(pieces: readonly Buffer[]): Buffer[] {
  if (pieces.length === 1) return [...pieces];
  const joined: Buffer[] = [];
  let from = 0;
  for (let at = 0; at <= pieces.length; at++) {
    const piece = pieces[at];
    if (piece && piece.length < LARGE_BYTES) continue;
    if (at - from === 1) joined.push(pieces[from] as Buffer);
    else if (at > from) joined.push(Buffer.concat(pieces.slice(from, at)));
    if (piece) joined.push(piece);
    from = at + 1;
  }
  return joined;
}
