import { isAscii, isUtf8 } from 'node:buffer';
import { GatewayError } from '#contract';
import { UnreadForm } from './body/form-body.pipe.js';

/** The value of a JSON body that must be an object. @throws GatewayError */
export function parseJsonObject(bytes: unknown): Record<string, unknown> {
  if (bytes instanceof UnreadForm) throw new GatewayError('unsupported_media_type');
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) {
    throw new GatewayError('invalid_json', { message: 'The request has no body; send a JSON object.' });
  }
  const value = parse(textOf(bytes));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new GatewayError('invalid_type', { message: 'The body of the request must be a JSON object.' });
  }
  return value as Record<string, unknown>;
}

/** Most bodies are ASCII, whose bytes need no decoding. */
function textOf(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (!isUtf8(bytes)) throw new GatewayError('invalid_json', { message: 'The body is not valid UTF-8.' });
  return bytes.toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('invalid_json', { cause });
  }
}
