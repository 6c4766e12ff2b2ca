import type { FastifyRequest, RequestPayload } from 'fastify';
import { GatewayError } from '#contract';

type Done = (error: Error | null, bytes?: Buffer) => void;

const NOTHING = Buffer.alloc(0);

/** A part of a body that must have come before there is room for all of it: a length is soon said. */
const EARNEST = 1 / 4;

/**
 * The bytes of a body, of which most come in one piece: that is taken as it is, where Fastify's reader copies it.
 * `done` is called with a GatewayError for a body that is too large, or not of the length it is said to have.
 */
export function collectBody(request: FastifyRequest, payload: RequestPayload, done: Done): void {
  const limit = request.bodyLimit;
  const length = request.headers['content-length'];
  const said = length === undefined ? undefined : Number(length);
  if (said !== undefined && said > limit) return done(new GatewayError('request_too_large'));
  const body = new ArrivingBody(payload, limit, said, done);
  payload.on('data', (piece: Buffer) => body.take(piece));
  payload.on('end', () => body.end());
  payload.on('error', (error: Error) => body.fail(Object.assign(error, { statusCode: 400 })));
}

class ArrivingBody {
  private first: Buffer | undefined = undefined;
  private rest: Buffer[] | undefined = undefined;
  /** All of it, as far as it has come. */
  private whole: Buffer | undefined = undefined;
  private length = 0;
  private isOver = false;

  constructor(
    private readonly payload: RequestPayload,
    private readonly limit: number,
    private readonly said: number | undefined,
    private readonly done: Done,
  ) {}

  take(piece: Buffer): void {
    if (this.isOver) return;
    this.length += piece.length;
    const { receivedEncodedLength = 0 } = this.payload;
    if (this.length > this.limit || receivedEncodedLength > this.limit) {
      return this.fail(new GatewayError('request_too_large'));
    }
    if (this.whole) piece.copy(this.whole, this.length - piece.length);
    else if (!this.first) this.first = piece;
    else this.gather(piece);
  }

  /** In a place of their own as soon as may be: pieces that wait to be joined would be the body twice. */
  private gather(piece: Buffer): void {
    const pieces = (this.rest ??= [this.first as Buffer]);
    pieces.push(piece);
    const { said = 0, length } = this;
    if (length > said || length < said * EARNEST || this.payload.receivedEncodedLength !== undefined) return;
    this.whole = Buffer.allocUnsafeSlow(said);
    let at = 0;
    for (const each of pieces) at += each.copy(this.whole, at);
    this.rest = undefined;
  }

  end(): void {
    if (this.isOver) return;
    if (this.said !== undefined && (this.payload.receivedEncodedLength || this.length) !== this.said) {
      return this.fail(new GatewayError('bad_request'));
    }
    this.isOver = true;
    const joined = this.whole ?? (this.rest && Buffer.concat(this.rest, this.length));
    this.done(null, joined ?? this.first ?? NOTHING);
  }

  fail(error: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.first = this.rest = this.whole = undefined;
    this.done(error);
  }
}
