import type { PipeTransform } from '@nestjs/common';
import { getMetadataStorage, validateSync } from 'class-validator';
import { GatewayError, JsonMembers } from '#contract';
import type { RelayedRequest, WireRequest } from '#contract';
import { parseJsonObject } from './parse-json.js';
import { describeViolation } from './validation-errors.js';

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
  const names = envelopeNames(Body);
  const members = new JsonMembers(names);
  return {
    transform(bytes) {
      const value = parseJsonObject(bytes);
      readMembers(members, bytes as Buffer);
      checkEnvelope(new Body(), names, value);
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

function checkEnvelope(envelope: object, names: readonly string[], value: Record<string, unknown>): void {
  const fields = envelope as Record<string, unknown>;
  for (const name of names) if (Object.hasOwn(value, name)) fields[name] = value[name];
  const errors = validateSync(envelope, { stopAtFirstError: true, validationError: { target: false } });
  if (errors.length > 0) throw describeViolation(errors);
}

/** The members that a body class says something about. */
function envelopeNames(Body: new () => object): string[] {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(Body, '', false, false);
  return [...new Set(metadata.map(({ propertyName }) => propertyName))];
}
