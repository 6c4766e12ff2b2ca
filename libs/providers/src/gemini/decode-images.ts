import { GatewayError, NO_USAGE, readUsage } from '#contract';
import { broken } from '../openai-compatible/decode-stream.js';
import type { DecodeContext, Decoded } from '../spec.js';
import { decodeEmbeddedError } from './decode-error.js';
import { imageTraitsOf } from './image-traits.js';
import { blockOf, candidatesOf, finishReasonOf, partsOf, refusalOf } from './read-answer.js';
import type { GenerateContentResponse, ModalityCount, Prediction, UsageMetadata } from './wire.js';

interface Image {
  readonly data: string;
  readonly type: string;
}

/** What a model drew, or why it did not. */
interface Drawn {
  readonly images: readonly Image[];
  /** Why there is none, in Google's words; undefined: it is not known to be the prompt's doing. */
  readonly refusal: string | undefined;
}

type Answer = GenerateContentResponse & { readonly predictions?: readonly Prediction[] };

const HELD_BACK = 'The provider held the image back: it may be against its policy.';

/** Google's images in OpenAI's shape. @throws GatewayError when there is none, or an error */
export function decodeImages(body: Buffer, { created, target }: DecodeContext): Decoded {
  const answer = parse(body);
  if (answer.error !== undefined) throw decodeEmbeddedError(body);
  const { isPredicted } = imageTraitsOf(target.model);
  const { images, refusal } = isPredicted ? predictedIn(answer) : drawnIn(answer);
  if (images.length === 0) throw refusal === undefined ? undrawn() : heldBack(refusal);
  const told = usageOf(answer.usageMetadata);
  const format = /^image\/(\w+)$/.exec(images[0]?.type ?? '')?.[1];
  const text = JSON.stringify({
    created,
    ...(format !== undefined && { output_format: format }),
    data: images.map(({ data }) => ({ b64_json: data })),
    ...(told && { usage: told }),
  });
  return { body: Buffer.from(text), usage: { ...(readUsage(told) ?? NO_USAGE), images: images.length } };
}

function drawnIn(answer: GenerateContentResponse): Drawn {
  const candidates = candidatesOf(answer);
  const images = candidates.flatMap(partsOf).flatMap(({ inlineData, thought }) => {
    const { data, mimeType: type = '' } = inlineData ?? {};
    return data && !thought ? [{ data, type }] : [];
  });
  const [candidate] = candidates;
  if (!candidate) return { images, refusal: blockOf(answer) };
  const isHeldBack = images.length === 0 && finishReasonOf(candidate, false) === 'content_filter';
  return { images, refusal: isHeldBack ? (refusalOf(candidate) ?? HELD_BACK) : undefined };
}

/** Imagen leaves out what it held back, or says why in its place. */
function predictedIn({ predictions = [] }: Answer): Drawn {
  const images = predictions.flatMap(({ bytesBase64Encoded: data, mimeType: type = '' }) =>
    data ? [{ data, type }] : [],
  );
  return {
    images,
    refusal: predictions.find((one) => one.raiFilteredReason)?.raiFilteredReason ?? HELD_BACK,
  };
}

function heldBack(message: string): GatewayError {
  const upstream = { status: 400, code: 'moderation_blocked', message, param: 'prompt' };
  return new GatewayError('upstream_refused', { upstream });
}

function undrawn(): GatewayError {
  return broken('The model answered without an image.');
}

/** OpenAI's `usage` of an image; undefined: nothing was counted. */
function usageOf(told: UsageMetadata | undefined): object | undefined {
  if (told?.promptTokenCount === undefined) return undefined;
  const output = (told.candidatesTokenCount ?? 0) + (told.thoughtsTokenCount ?? 0);
  return {
    total_tokens: told.promptTokenCount + output,
    input_tokens: told.promptTokenCount,
    output_tokens: output,
    input_tokens_details: detailsOf(told.promptTokenCount, told.promptTokensDetails),
    output_tokens_details: {
      ...detailsOf(output, told.candidatesTokensDetails),
      reasoning_tokens: told.thoughtsTokenCount ?? 0,
    },
  };
}

function detailsOf(tokens: number, details: readonly ModalityCount[] = []): object {
  const images = details.find(({ modality }) => modality === 'IMAGE')?.tokenCount ?? 0;
  return { text_tokens: tokens - images, image_tokens: images };
}

function parse(body: Buffer): Answer {
  try {
    const value = JSON.parse(body.toString()) as Answer | null;
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // What is no JSON is no answer either.
  }
  throw broken('The provider answered with something that is not JSON.');
}
