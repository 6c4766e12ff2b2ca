import { NO_USAGE } from '#contract';
import type { Usage } from '#contract';
import type { BytesDecoder, DecodeContext, Decoded } from '../spec.js';

/** Sound passes as it comes; what is paid for is the text. */
export class SpeechBytes implements BytesDecoder {
  readonly usage: Usage;

  constructor({ request }: DecodeContext) {
    this.usage = { ...NO_USAGE, characters: countCharacters((request as { input?: unknown }).input) };
  }

  push(piece: Buffer): Buffer {
    return piece;
  }
}

/** A short sound that came at once. */
export function decodeSpeech(body: Buffer, context: DecodeContext): Decoded {
  return { body, usage: new SpeechBytes(context).usage, contentType: context.contentType };
}

/** Unicode code points: half a surrogate pair is no character. */
function countCharacters(text: unknown): number {
  if (typeof text !== 'string') return 0;
  let characters = 0;
  for (const _ of text) characters++;
  return characters;
}
