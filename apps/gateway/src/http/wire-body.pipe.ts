import type { Type } from '@nestjs/common';
import { GatewayError, JsonMembers } from '#contract';
import type { JsonRequest, RelayedRequest, Span } from '#contract';
import type { DescribedPipe } from './described-pipe.js';
import { Envelope } from './envelope.js';
import { parseJsonObject } from './parse-json.js';

/** Deeper is nobody's request, and a trap for whoever walks it. */
const DEEPEST = 64;

/**
 * Reads a request in OpenAI's wire: valid JSON, not too deep, no member twice that the gateway looks at, and a
 * shallow envelope of those members (`Body`). Everything else in it is none of the gateway's business and stays as
 * the bytes it came in.
 */
export function wireBody<Request extends RelayedRequest>(
  Body: Type<object>,
): DescribedPipe<JsonRequest<Request>> {
  const envelope = new Envelope(Body);
  const members = new JsonMembers(envelope.names);
  return {
    Body,
    isOpen: true,
    transform(bytes) {
      const value = parseJsonObject(bytes);
      readMembers(members, bytes as Buffer);
      envelope.check(value);
      const spans = {
        model: spanIn(members, 'model'),
        streamOptions: spanIn(members, 'stream_options'),
        close: members.close,
      };
      return { bytes: bytes as Buffer, value: value as unknown as Request, spans };
    },
  };
}

function spanIn(members: JsonMembers<string>, name: string): Span | undefined {
  const start = members.start(name);
  return start < 0 ? undefined : { start, end: members.end(name) };
}

function readMembers(members: JsonMembers<string>, bytes: Buffer): void {
  if (!members.read(bytes)) throw new GatewayError('invalid_json');
  if (members.depth > DEEPEST) {
    const message = `The body of the request is nested more than ${DEEPEST} levels deep.`;
    throw new GatewayError('json_too_deep', { message });
  }
  if (members.duplicate !== undefined) {
    const message = `The parameter '${members.duplicate}' is given twice.`;
    throw new GatewayError('duplicate_parameter', { param: members.duplicate, message });
  }
}
