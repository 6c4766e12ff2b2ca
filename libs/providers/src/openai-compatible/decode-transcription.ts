import { JsonMembers, NO_USAGE } from '#contract';
import type { Usage } from '#contract';
import type { DecodeContext, Decoded } from '../spec.js';
import { decodeResponse } from './decode-response.js';

const members = new JsonMembers(['duration']);

/** A transcription: JSON that may tell its tokens or seconds, or the text alone. */
export function decodeTranscription(body: Buffer, context: DecodeContext): Decoded {
  if (!/^application\/json\b/i.test(context.contentType)) {
    return { body, usage: undefined, contentType: context.contentType };
  }
  const decoded = decodeResponse(body, context);
  return decoded.usage ? decoded : { ...decoded, usage: readDuration(body) };
}

/** `verbose_json` tells how long the sound is, as a number or, in older servers, as text. */
function readDuration(body: Buffer): Usage | undefined {
  if (!members.read(body) || members.start('duration') < 0) return undefined;
  const seconds = Number(
    body.toString('utf8', members.start('duration'), members.end('duration')).replaceAll('"', ''),
  );
  return Number.isFinite(seconds) && seconds >= 0 ? { ...NO_USAGE, audioSeconds: seconds } : undefined;
}
