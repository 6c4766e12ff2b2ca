import { GatewayError, JsonMembers, splice } from '#contract';
import type { Usage } from '#contract';
import { decodeEmbeddedError } from './decode-error.js';
import type { DecodeContext, Decoded } from '../spec.js';
import { readUsageText } from './usage-shape.js';

const members = new JsonMembers(['model', 'usage', 'error', 'choices']);

/** The upstream's bytes with the client's model name in them; everything else as it came. */
export function decodeResponse(body: Buffer, context: DecodeContext): Decoded {
  if (!members.read(body)) {
    throw new GatewayError('upstream_unavailable', {
      message: 'The provider answered with something that is not JSON.',
    });
  }
  if (isGiven(body, members.start('error')) && members.start('choices') < 0) throw decodeEmbeddedError(body);
  const usage = parseUsage(body, members.start('usage'), members.end('usage'));
  const start = members.start('model');
  if (start < 0) return { body, usage };
  return { body: splice(body, [{ start, end: members.end('model'), text: context.model }]), usage };
}

/** Is there a value, and is it not null? */
export function isGiven(bytes: Buffer, start: number): boolean {
  return start >= 0 && bytes[start] !== 0x6e;
}

export function parseUsage(bytes: Buffer, start: number, end: number): Usage | undefined {
  return isGiven(bytes, start) ? readUsageText(bytes, start, end) : undefined;
}
