import { isAscii, isUtf8 } from 'node:buffer';
import { GatewayError } from '#contract';
import { UnreadForm } from './body/form-body.pipe.js';

/** The value of a JSON body that must be an object. @throws GatewayError */
export function parseJsonObject(body: unknown): Record<string, unknown> {
  const value = parse(textOf(bodyIn(body)));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notAnObject();
  return value as Record<string, unknown>;
}

/** The bytes of a JSON body. @throws GatewayError */
export function bodyIn(body: unknown): Buffer {
  if (body instanceof UnreadForm) throw new GatewayError('unsupported_media_type');
  if (Buffer.isBuffer(body) && body.length > 0) return body;
  throw new GatewayError('invalid_json', { message: 'The request has no body; send a JSON object.' });
}

export function notAnObject(): GatewayError {
  return new GatewayError('invalid_type', { message: 'The body of the request must be a JSON object.' });
}

export function notUtf8(): GatewayError {
  return new GatewayError('invalid_json', { message: 'The body is not valid UTF-8.' });
}

/** Most bodies are ASCII, whose bytes need no decoding. */
function textOf(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (!isUtf8(bytes)) throw notUtf8();
  return bytes.toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('invalid_json', { cause });
  }
}
