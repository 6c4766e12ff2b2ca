import type { Target } from '#contract';
import { chat as claude } from '../anthropic/adapter.js';
import { encodeChat } from '../anthropic/encode-chat.js';
import { contents } from '../gemini/adapter.js';
import type { Codec } from '../spec.js';
import { publishedModel } from './publisher.js';

/** Where Anthropic has its version in a header, and the model in the body. */
const HEAD = { anthropic_version: 'vertex-2023-10-16' };

const CODECS = {
  google: contents,
  anthropic: { ...claude, encode: (request, target) => encodeChat(request, target, HEAD) },
} satisfies Record<string, Codec<'chat'>>;

/** Each publisher's own wire. */
export const chat: Codec<'chat'> = {
  fidelity: 'values',
  // What Claude knows, Gemini leaves out.
  hasExtensions: true,
  hasSignatures: true,
  encode: (request, target) => codecOf(target).encode(request, target),
  dropped: (request, target) => codecOf(target).dropped?.(request, target) ?? [],
  wholeBytes: Infinity,
  decode: (body, context) => codecOf(context.target).decode(body, context),
  openStream: (context) => codecOf(context.target).openStream(context),
  // Google answers for Anthropic's models too, before they are asked.
  decodeError: (status, body, retryAfter) => {
    const { decodeError } = isOfAnthropic(body) ? claude : contents;
    return decodeError(status, body, retryAfter);
  },
};

function codecOf({ model }: Target): Codec<'chat'> {
  return CODECS[publishedModel(model).publisher];
}

function isOfAnthropic(body: Buffer): boolean {
  try {
    return (JSON.parse(body.toString()) as { type?: unknown } | null)?.type === 'error';
  } catch {
    return false;
  }
}
