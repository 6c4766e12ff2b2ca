import { describe, expect, it } from 'vitest';
import { madeTarget } from '../../../../test/support/made-context.js';
import { gemini } from './adapter.js';

const HOST = 'https://generativelanguage.googleapis.com';

describe('Gemini', () => {
  it.each([
    [HOST, `${HOST}/v1beta/models`],
    [`${HOST}/`, `${HOST}/v1beta/models`],
    [`${HOST}/v1beta`, `${HOST}/v1beta/models`],
    [`${HOST}/v1/`, `${HOST}/v1/models`],
    ['https://proxy.example/google', 'https://proxy.example/google/v1beta/models'],
    ['https://proxy.example/v10', 'https://proxy.example/v10/v1beta/models'],
  ])('at %s is called under %s', (baseUrl, models) => {
    const target = madeTarget('gemini', 'gemini-3-flash', baseUrl);
    const model = `${models}/gemini-3-flash`;
    expect(gemini.address(target, 'chat').href).toBe(`${model}:generateContent`);
    expect(gemini.address(target, 'chat', true).href).toBe(`${model}:streamGenerateContent?alt=sse`);
    expect(gemini.address(target, 'image_generations').href).toBe(`${model}:generateContent`);
    const imagen = { ...target, model: 'imagen-4.0-generate-001' };
    expect(gemini.address(imagen, 'image_generations').href).toBe(
      `${models}/imagen-4.0-generate-001:predict`,
    );
    expect(gemini.address(target, 'embeddings').href).toBe(`${model}:batchEmbedContents`);
    expect(gemini.address(target, 'embeddings', true).href).toBe(`${model}:batchEmbedContents`);
    expect(gemini.modelsAddress(target.provider).href).toBe(`${models}?pageSize=1000`);
  });

  it.each([
    ['models/gemini-3-flash', 'models/gemini-3-flash'],
    ['tunedModels/our-writer', 'tunedModels/our-writer'],
    ['../files/secret', 'models/..%2Ffiles%2Fsecret'],
    ['models/../x', 'models/..%2Fx'],
    ['a?key=b#c', 'models/a%3Fkey%3Db%23c'],
    ['..', 'models/..'],
  ])('asks for no other thing than a model: %s', (model, path) => {
    const { href } = gemini.address(madeTarget('gemini', model, HOST), 'chat');
    expect(href).toBe(`${HOST}/v1beta/${path}:generateContent`);
  });

  it('is shown the key in a header of its own', () => {
    expect(gemini.authorize('my key')).toEqual({ 'x-goog-api-key': 'my key' });
    expect(gemini.authorize(undefined)).toEqual({});
  });

  it('chats, embeds and draws', () => {
    expect(Object.keys(gemini.operations)).toEqual(['chat', 'embeddings', 'image_generations']);
  });
});
