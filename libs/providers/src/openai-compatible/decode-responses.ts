import { JsonMembers, splice } from '#contract';
import type { DecodeContext, Decoded } from '../spec.js';
import { decodeFailure } from './decode-failure.js';
import { isGiven, parseUsage } from './decode-response.js';
import { broken } from './decode-stream.js';

const members = new JsonMembers(['model', 'usage', 'error']);

/** A whole response: the upstream's bytes with the client's model name in them. */
export function decodeResponses(body: Buffer, context: DecodeContext): Decoded {
  if (!members.read(body)) throw broken('The provider answered with something that is not JSON.');
  const failed = members.start('error');
  if (isGiven(body, failed)) throw decodeFailure(body.toString('utf8', failed, members.end('error')));
  const usage = parseUsage(body, members.start('usage'), members.end('usage'));
  const start = members.start('model');
  if (start < 0) return { body, usage };
  return { body: splice(body, [{ start, end: members.end('model'), text: context.model }]), usage };
}
