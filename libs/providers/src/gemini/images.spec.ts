import { describe, expect, it } from 'vitest';
import type { GatewayError, ImageRequest, JsonRequest } from '#contract';
import { CREATED, madeContext, madeTarget } from '../../../../test/support/made-context.js';
import { decodeImages } from './decode-images.js';
import { droppedFromImages, encodeImages } from './encode-images.js';

const FLASH = 'gemini-2.5-flash-image';
const PRO = 'gemini-3-pro-image-preview';
const IMAGEN = 'imagen-4.0-generate-001';

const requestOf = (members: object) =>
  ({ value: { model: 'm', prompt: 'A cat.', ...members } }) as unknown as JsonRequest<ImageRequest>;
const encode = (model: string, members: object = {}) =>
  JSON.parse(encodeImages(requestOf(members), madeTarget('gemini', model)).toString());
const decode = (model: string, body: unknown) =>
  decodeImages(
    Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    madeContext({ upstreamModel: model }),
  );

function failureOf(act: () => unknown): GatewayError {
  try {
    act();
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('Nothing was thrown.');
}

describe('an image that is asked for', () => {
  it.each<[string, object, object]>([
    [FLASH, {}, { responseModalities: ['IMAGE'] }],
    [`publishers/google/models/${FLASH}`, { size: 'auto', n: 1 }, { responseModalities: ['IMAGE'] }],
    [FLASH, { size: '1024x1024' }, { responseModalities: ['IMAGE'], imageConfig: { aspectRatio: '1:1' } }],
    [FLASH, { size: '1536x1024' }, { responseModalities: ['IMAGE'], imageConfig: { aspectRatio: '3:2' } }],
    [FLASH, { size: '4096x4096' }, { responseModalities: ['IMAGE'], imageConfig: { aspectRatio: '1:1' } }],
    [FLASH, { size: '21:9' }, { responseModalities: ['IMAGE'], imageConfig: { aspectRatio: '21:9' } }],
    [PRO, { size: '1024x1792' }, { responseModalities: ['IMAGE'], imageConfig: { aspectRatio: '9:16' } }],
    [
      PRO,
      { size: '2048x2048' },
      { responseModalities: ['IMAGE'], imageConfig: { aspectRatio: '1:1', imageSize: '2K' } },
    ],
    [
      PRO,
      { size: '3840x2160' },
      { responseModalities: ['IMAGE'], imageConfig: { aspectRatio: '16:9', imageSize: '4K' } },
    ],
    [
      'gemini-2.0-flash-preview-image-generation',
      { size: '1024x1024' },
      { responseModalities: ['TEXT', 'IMAGE'] },
    ],
  ])('of %s, with %j', (model, members, generationConfig) => {
    const contents = [{ role: 'user', parts: [{ text: 'A cat.' }] }];
    expect(encode(model, members)).toEqual({ contents, generationConfig });
  });

  it.each<[string, object, object]>([
    [IMAGEN, {}, { sampleCount: 1 }],
    [IMAGEN, { n: 4, response_format: 'b64_json' }, { sampleCount: 4 }],
    [IMAGEN, { size: '1792x1024' }, { sampleCount: 1, aspectRatio: '16:9' }],
    [IMAGEN, { size: '2048x2048' }, { sampleCount: 1, aspectRatio: '1:1', sampleImageSize: '2K' }],
    ['imagen-4.0-fast-generate-001', { size: '2048x2048' }, { sampleCount: 1, aspectRatio: '1:1' }],
    [IMAGEN, { output_format: 'png' }, { sampleCount: 1, outputOptions: { mimeType: 'image/png' } }],
    [
      'imagegeneration@006',
      { output_format: 'jpeg', output_compression: 80 },
      { sampleCount: 1, outputOptions: { mimeType: 'image/jpeg', compressionQuality: 80 } },
    ],
  ])('of %s, with %j, in the way of Imagen', (model, members, parameters) => {
    expect(encode(model, members)).toEqual({
      instances: [{ prompt: 'A cat.' }],
      parameters: { ...parameters, includeRaiReason: true },
    });
  });

  it.each([
    [FLASH, { n: 2 }, 'n', 'unsupported_parameter'],
    [IMAGEN, { n: 5 }, 'n', 'unsupported_parameter'],
    [FLASH, { response_format: 'url' }, 'response_format', 'unsupported_parameter'],
    [IMAGEN, { response_format: 'url' }, 'response_format', 'unsupported_parameter'],
    [FLASH, { stream: true }, 'stream', 'unsupported_parameter'],
    [FLASH, { background: 'transparent' }, 'background', 'unsupported_parameter'],
    [FLASH, { output_format: 'webp' }, 'output_format', 'unsupported_parameter'],
    [IMAGEN, { output_format: 'webp' }, 'output_format', 'unsupported_parameter'],
    [FLASH, { size: 'large' }, 'size', 'invalid_value'],
    [FLASH, { size: '0x1024' }, 'size', 'invalid_value'],
    [FLASH, { prompt: null }, 'prompt', 'invalid_type'],
  ])('of %s is refused with %j', (model, members, param, code) => {
    expect(failureOf(() => encode(model, members))).toMatchObject({ param, code, status: 400 });
  });

  it.each([
    [
      { quality: 'high', style: 'vivid', user: 'u', moderation: 'low' },
      ['quality', 'style', 'user', 'moderation'],
    ],
    [{ quality: 'auto', background: 'opaque', n: 1, size: 'auto', stream: false }, []],
    [{ output_format: 'png', output_compression: 50 }, ['output_compression']],
  ])('has hints that are left out: %j', (members, names) => {
    expect(droppedFromImages(requestOf(members), madeTarget('gemini', FLASH))).toEqual(names);
  });
});

describe('an image that came', () => {
  const USAGE = {
    promptTokenCount: 8,
    candidatesTokenCount: 1290,
    thoughtsTokenCount: 10,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: 8 }],
    candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
  };
  const part = (data: string) => ({ inlineData: { mimeType: 'image/png', data } });
  const answerOf = (parts: object[], rest: object = {}) => ({
    candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', ...rest }],
    usageMetadata: USAGE,
  });

  it('stands in OpenAI’s shape, without the drafts before it', () => {
    const draft = { ...part('ZHJhZnQ='), thought: true };
    const { body, usage } = decode(FLASH, answerOf([{ text: 'Here.' }, draft, part('aW1hZ2U=')]));
    expect(JSON.parse(body.toString())).toEqual({
      created: CREATED,
      output_format: 'png',
      data: [{ b64_json: 'aW1hZ2U=' }],
      usage: {
        total_tokens: 1308,
        input_tokens: 8,
        output_tokens: 1300,
        input_tokens_details: { text_tokens: 8, image_tokens: 0 },
        output_tokens_details: { text_tokens: 10, image_tokens: 1290, reasoning_tokens: 10 },
      },
    });
    expect(usage).toMatchObject({ images: 1, promptTokens: 8, completionTokens: 1300, reasoningTokens: 10 });
  });

  it('is counted where Google tells of no tokens', () => {
    const image = { bytesBase64Encoded: 'aW1hZ2U=', mimeType: 'image/jpeg' };
    const { body, usage } = decode(IMAGEN, { predictions: [image, image, { raiFilteredReason: 'No.' }] });
    expect(JSON.parse(body.toString())).toEqual({
      created: CREATED,
      output_format: 'jpeg',
      data: [{ b64_json: 'aW1hZ2U=' }, { b64_json: 'aW1hZ2U=' }],
    });
    expect(usage).toMatchObject({ images: 2, promptTokens: 0 });
  });

  it.each<[string, object, string]>([
    [FLASH, answerOf([], { finishReason: 'IMAGE_SAFETY', finishMessage: 'Not that.' }), 'Not that.'],
    [FLASH, answerOf([{ text: 'No.' }], { finishReason: 'PROHIBITED_CONTENT' }), 'held the image back'],
    [FLASH, { promptFeedback: { blockReason: 'SAFETY' } }, 'SAFETY'],
    [IMAGEN, { predictions: [{ raiFilteredReason: 'Filtered (58061214).' }] }, 'Filtered (58061214).'],
    [IMAGEN, {}, 'held the image back'],
  ])('was held back: %s, %j', (model, body, message) => {
    const failed = failureOf(() => decode(model, body));
    expect(failed).toMatchObject({ code: 'upstream_refused', status: 400, retry: 'never' });
    expect(failed.toBody().error).toMatchObject({ code: 'moderation_blocked', param: 'prompt' });
    expect(failed.message).toContain(message);
  });

  it.each<[unknown, string]>([
    ['<html>', 'upstream_unavailable'],
    ['null', 'upstream_unavailable'],
    [{}, 'upstream_unavailable'],
    [answerOf([{ text: 'Here is your image!' }]), 'upstream_unavailable'],
    [answerOf([], { finishReason: 'NO_IMAGE' }), 'upstream_unavailable'],
    [{ error: { code: 429, message: 'x' } }, 'rate_limit_exceeded'],
  ])('is none: %j', (body, code) => expect(failureOf(() => decode(FLASH, body)).code).toBe(code));
});
