import { invalid, requireText, unsupported } from '#contract';
import type { ImageRequest, Target, WireRequest } from '#contract';
import { imageTraitsOf } from './image-traits.js';
import type { ImageTraits } from './image-traits.js';

/** `POST /images/generations` as a translator reads it: what nobody has looked at may be anything. */
interface ImageParameters extends ImageRequest {
  readonly [name: string]: unknown;
}

/** What is read here. All others are hints, or nobody's. */
const READ = new Set([
  'model',
  'prompt',
  'n',
  'size',
  'response_format',
  'output_format',
  'output_compression',
  'background',
  'stream',
  'partial_images',
]);

/** An image as Gemini's `generateContent`, or as Imagen's `predict`. @throws GatewayError */
export function encodeImages({ value }: WireRequest<ImageRequest>, { model }: Target): Buffer {
  const wanted = value as ImageParameters;
  const traits = imageTraitsOf(model);
  refuse(wanted, traits);
  const prompt = requireText(wanted.prompt, 'prompt');
  const body = traits.isPredicted ? prediction(prompt, wanted, traits) : content(prompt, wanted, traits);
  return Buffer.from(JSON.stringify(body));
}

/** Names of the parameters that are not passed on. */
export function droppedFromImages({ value }: WireRequest<ImageRequest>, { model }: Target): string[] {
  const isPressed = isCompressed(value as ImageParameters, imageTraitsOf(model));
  return Object.entries(value)
    .filter(([, member]) => member !== undefined && member !== null && member !== 'auto' && member !== false)
    .map(([name]) => name)
    .filter((name) => !READ.has(name) || (name === 'output_compression' && !isPressed));
}

function refuse(wanted: ImageParameters, { most, formats }: ImageTraits): void {
  const { response_format: place, output_format: format, background, stream } = wanted;
  if (stream === true)
    throw unsupported('stream', 'This model gives its image whole: it cannot be streamed.');
  if (place !== undefined && place !== null && place !== 'b64_json') {
    const message = `This model gives its image as 'b64_json', not as '${String(place)}'.`;
    throw unsupported('response_format', message);
  }
  if (Number(wanted.n ?? 1) > most) {
    throw unsupported(
      'n',
      `This model draws ${most === 1 ? 'one image' : `up to ${most} images`} at a time.`,
    );
  }
  if (background === 'transparent') {
    throw unsupported('background', 'This model draws no transparent background.');
  }
  if (format === undefined || format === null || format === 'png') return;
  if (!formats.includes(String(format))) {
    throw unsupported('output_format', `This model does not write images as '${String(format)}'.`);
  }
}

function content(prompt: string, { size }: ImageParameters, traits: ImageTraits): object {
  const { ratio, step } = measure(size, traits);
  const imageConfig = { ...(ratio && { aspectRatio: ratio }), ...(step && { imageSize: step }) };
  return {
    contents: [{ role: 'user', parts: [{ text: prompt }] }],
    generationConfig: {
      responseModalities: traits.modalities,
      ...((ratio ?? step) && { imageConfig }),
    },
  };
}

function prediction(prompt: string, wanted: ImageParameters, traits: ImageTraits): object {
  const { n, size, output_format: format, output_compression: quality } = wanted;
  const { ratio, step } = measure(size, traits);
  const outputOptions = {
    mimeType: `image/${String(format)}`,
    ...(isCompressed(wanted, traits) && { compressionQuality: quality }),
  };
  return {
    instances: [{ prompt }],
    parameters: {
      sampleCount: n ?? 1,
      ...(ratio && { aspectRatio: ratio }),
      ...(step && { sampleImageSize: step }),
      ...(typeof format === 'string' && { outputOptions }),
      // An image that is held back is one of the answer's then, and says why.
      includeRaiReason: true,
    },
  };
}

function isCompressed(
  { output_format: format, output_compression: quality }: ImageParameters,
  traits: ImageTraits,
) {
  return traits.formats.length > 0 && format === 'jpeg' && typeof quality === 'number';
}

/** OpenAI's largest image of old (1792x1024), and a square of 2048, in pixels. */
const STEPS = [1_900_000, 4_200_000];

/** OpenAI's models are told pixels, Google's the nearest of a few ratios, and how large about. @throws GatewayError */
function measure(size: unknown, { ratios, sizes }: ImageTraits): { ratio?: string; step?: string } {
  if (size === undefined || size === null || size === 'auto') return {};
  const [, width, height] = (/^(\d{1,5})[x:](\d{1,5})$/.exec(String(size)) ?? []).map(Number);
  if (!width || !height) throw invalid('size', "'size' must be 'auto', or WIDTHxHEIGHT in pixels.");
  const [nearest] = [...ratios].sort((one, other) => away(one, width / height) - away(other, width / height));
  const index = STEPS.filter((pixels) => width * height > pixels).length;
  const step = index === 0 ? undefined : sizes[Math.min(index, sizes.length - 1)];
  return { ...(nearest && { ratio: nearest }), ...(step && step !== sizes[0] && { step }) };
}

/** How far a ratio is from another, as much too wide as too high. */
function away(ratio: string, wanted: number): number {
  const [width = 1, height = 1] = ratio.split(':').map(Number);
  return Math.abs(Math.log(width / height / wanted));
}
