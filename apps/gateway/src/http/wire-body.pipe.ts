import type { PipeTransform } from '@nestjs/common';
import { GatewayError, JsonMembers } from '#contract';
import type { RelayedRequest, WireRequest } from '#contract';
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
  Body: new () => object,
): PipeTransform<unknown, WireRequest<Request>> {
  const envelope = new Envelope(Body);
  const members = new JsonMembers(envelope.names);
  return {
    transform(bytes) {
      const value = parseJsonObject(bytes);
      readMembers(members, bytes as Buffer);
      envelope.check(value);
      const streamOptions = members.start('stream_options');
      return {
        bytes: bytes as Buffer,
        value: value as unknown as Request,
        spans: {
          model: { start: members.start('model'), end: members.end('model') },
          streamOptions:
            streamOptions < 0 ? undefined : { start: streamOptions, end: members.end('stream_options') },
          close: members.close,
        },
      };
    },
  };
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
