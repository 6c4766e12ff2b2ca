import { crc32 } from 'node:zlib';
import type { SseEvent, SseSink } from '#contract';

/** Length of the frame, length of its headers, and the CRC of the two. */
const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const LEAST_FRAME_BYTES = PRELUDE_BYTES + CRC_BYTES;

/** AWS's own limits: a payload of 24 MiB, headers of 128 KiB. */
const MOST_FRAME_BYTES = (24 * 1024 + 128) * 1024 + LEAST_FRAME_BYTES;

/** Bytes of a header's value by its type; a list of bytes (6) and a text (7) say their own length. */
const VALUE_BYTES: readonly (number | undefined)[] = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16];
const TEXT = 7;

/**
 * Cuts a byte stream into the messages of AWS's event stream (`application/vnd.amazon.eventstream`), whatever the
 * packets. Each is given as a server-sent event would be: its `:event-type`, or the `:exception-type` of an exception,
 * as the name, its payload as the data. Payloads are slices of what came in wherever that is possible.
 */
export class AwsEventParser {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  /** So many bytes are needed to go on: a prelude, or the frame that it tells of. */
  private wanted = PRELUDE_BYTES;

  /** @throws Error where the bytes are no frame */
  feed(bytes: Buffer, sink: SseSink): void {
    this.pending.push(bytes);
    this.pendingBytes += bytes.length;
    if (this.pendingBytes < this.wanted) return;
    const all = this.pending.length === 1 ? bytes : Buffer.concat(this.pending);
    let at = 0;
    while (all.length - at >= this.wanted) {
      if (this.wanted === PRELUDE_BYTES) {
        this.wanted = frameLength(all.subarray(at, at + PRELUDE_BYTES));
        continue;
      }
      const frame = all.subarray(at, at + this.wanted);
      at += this.wanted;
      this.wanted = PRELUDE_BYTES;
      sink.event(readFrame(frame));
    }
    this.pending = at < all.length ? [all.subarray(at)] : [];
    this.pendingBytes = all.length - at;
  }

  /** @throws Error where the stream ended inside of a frame */
  end(): void {
    if (this.pendingBytes > 0) throw new Error('The stream was cut inside of an event.');
  }
}

function frameLength(prelude: Buffer): number {
  checkCrc(prelude);
  const length = prelude.readUInt32BE(0);
  const headersLength = prelude.readUInt32BE(4);
  if (length > MOST_FRAME_BYTES) throw new RangeError('An event of the stream is too large.');
  if (length < LEAST_FRAME_BYTES + headersLength)
    throw new RangeError('An event is shorter than its headers.');
  return length;
}

function readFrame(frame: Buffer): SseEvent {
  checkCrc(frame);
  const payloadAt = PRELUDE_BYTES + frame.readUInt32BE(4);
  const headers = readHeaders(frame.subarray(PRELUDE_BYTES, payloadAt));
  const data = frame.subarray(payloadAt, -CRC_BYTES);
  const type = headers.get(':message-type');
  if (type === 'exception') return { event: headers.get(':exception-type') ?? 'exception', data };
  if (type !== 'error') return { event: headers.get(':event-type'), data };
  // An error that the service has no model of has no payload: what is known of it stands in headers.
  const fault = { code: headers.get(':error-code'), message: headers.get(':error-message') };
  return { event: 'error', data: Buffer.from(JSON.stringify(fault)) };
}

/** The last four bytes are the CRC of all before them. */
function checkCrc(bytes: Buffer): void {
  const at = bytes.length - CRC_BYTES;
  if (crc32(bytes.subarray(0, at)) !== bytes.readUInt32BE(at)) {
    throw new Error('An event of the stream has another checksum than it says.');
  }
}

/** Texts among the headers, by name. */
function readHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const nameEnd = at + 1 + bytes.readUInt8(at);
    const name = bytes.toString('utf8', at + 1, nameEnd);
    const type = bytes.readUInt8(nameEnd);
    if (type >= VALUE_BYTES.length) throw new RangeError('An event has a header of an unknown type.');
    const fixed = VALUE_BYTES[type];
    const start = nameEnd + (fixed === undefined ? 3 : 1);
    const end = start + (fixed ?? bytes.readUInt16BE(nameEnd + 1));
    if (end > bytes.length) throw new RangeError('An event has a header that does not end.');
    if (type === TEXT) headers.set(name, bytes.toString('utf8', start, end));
    at = end;
  }
  return headers;
}
