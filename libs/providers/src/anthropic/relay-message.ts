import { JsonMembers, NO_USAGE, readUsage, splice } from '#contract';
import type { Usage } from '#contract';
import { broken } from '../openai-compatible/decode-stream.js';
import type { DecodeContext, Decoded } from '../spec.js';
import { decodeEmbeddedError } from './decode-error.js';
import { usageOf } from './read-answer.js';
import type { MessageUsage } from './wire.js';

const members = new JsonMembers(['type', 'model', 'usage']);
const ERROR = '"error"';

/** A message for a client that speaks Anthropic's wire itself: the bytes, with the client's model name in them. */
export function relayMessage(body: Buffer, context: DecodeContext): Decoded {
  if (!members.read(body)) throw broken('The provider answered with something that is not JSON.');
  if (textOf(body, members, 'type') === ERROR) throw decodeEmbeddedError(body);
  const told = textOf(body, members, 'usage');
  const usage = told === undefined ? undefined : readMessageUsage(parseUsage(told));
  const start = members.start('model');
  if (start < 0) return { body, usage };
  return { body: splice(body, [{ start, end: members.end('model'), text: context.model }]), usage };
}

/** A count of tokens costs nothing. */
export function relayCount(body: Buffer): Decoded {
  if (!members.read(body)) throw broken('The provider answered with something that is not JSON.');
  if (textOf(body, members, 'type') === ERROR) throw decodeEmbeddedError(body);
  return { body, usage: NO_USAGE };
}

/** @throws GatewayError where it is no JSON: the rest of the bytes is only scanned */
export function parseUsage(text: string): MessageUsage | null {
  try {
    return JSON.parse(text) as MessageUsage | null;
  } catch {
    throw broken('The provider told of its usage in something that is not JSON.');
  }
}

/** Undefined: it says nothing of the answer. */
export function readMessageUsage(usage: MessageUsage | null): Usage | undefined {
  return usage ? readUsage(usageOf(usage)) : undefined;
}

/** The value of a member as it stands in the text. */
export function textOf<Name extends string>(
  bytes: Buffer,
  found: JsonMembers<Name>,
  name: Name,
): string | undefined {
  const start = found.start(name);
  return start < 0 ? undefined : bytes.toString('utf8', start, found.end(name));
}
