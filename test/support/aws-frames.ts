import { EventStreamCodec } from '@smithy/core/event-streams';
import type { MessageHeaders } from '@smithy/core/event-streams';

/** AWS's own codec of its event stream. */
export const awsCodec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
);

/** Texts as headers of a message. */
export function textHeaders(texts: Readonly<Record<string, string>>): MessageHeaders {
  return Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, { type: 'string', value }]));
}

/** An event of a stream as AWS frames it; a name that ends so is an exception. */
export function awsFrame(name: string, payload: string): Buffer {
  const isException = name.endsWith('Exception');
  const headers = textHeaders({
    [isException ? ':exception-type' : ':event-type']: name,
    ':content-type': 'application/json',
    ':message-type': isException ? 'exception' : 'event',
  });
  return Buffer.from(awsCodec.encode({ headers, body: Buffer.from(payload) }));
}

/** What stands in a file of server-sent events, with the name of each, in AWS's frames. */
export function framesOf(sse: string): Buffer {
  const events = sse.trim().split(/\n\n+/);
  return Buffer.concat(
    events.map((event) => {
      const [, name = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(event) ?? [];
      return awsFrame(name, data);
    }),
  );
}
