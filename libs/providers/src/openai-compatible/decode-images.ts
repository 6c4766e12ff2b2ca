import { GatewayError, JsonMembers, NO_USAGE } from '#contract';
import type { Usage } from '#contract';
import type { BytesDecoder, DecodeContext, Decoded } from '../spec.js';
import { decodeEmbeddedError } from './decode-error.js';
import { isGiven, parseUsage } from './decode-response.js';
import { MemberWatch } from './member-watch.js';

const members = new JsonMembers(['data', 'error']);

/** Images that came at once. */
export function decodeImages(body: Buffer, context: DecodeContext): Decoded {
  if (!members.read(body)) {
    throw new GatewayError('upstream_unavailable', {
      message: 'The provider answered with something that is not JSON.',
    });
  }
  if (isGiven(body, members.start('error')) && members.start('data') < 0) throw decodeEmbeddedError(body);
  const images = new ImageBytes(context);
  return { body: images.push(body), usage: images.usage };
}

/** Images on their way through: how many, and what the upstream says they used. */
export class ImageBytes implements BytesDecoder {
  private readonly watch: MemberWatch;

  constructor({ model }: DecodeContext) {
    this.watch = new MemberWatch({ keep: 'usage', count: 'data', replace: 'model', by: model });
  }

  push(piece: Buffer): Buffer {
    return this.watch.push(piece);
  }

  get usage(): Usage | undefined {
    const { kept, counted } = this.watch;
    const told = kept && parseUsage(kept, 0, kept.length);
    return told || counted > 0 ? { ...(told ?? NO_USAGE), images: counted } : undefined;
  }
}
