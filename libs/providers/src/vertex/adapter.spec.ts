import { describe, expect, it } from 'vitest';
import { GatewayError } from '#contract';
import type { ChatRequest, JsonRequest } from '#contract';
import { madeTarget } from '../../../../test/support/made-context.js';
import { vertex } from './adapter.js';

const HOST = 'https://us-central1-aiplatform.googleapis.com';
const GLOBAL = 'https://aiplatform.googleapis.com';
const PARENT = 'projects/our-project/locations/us-central1';

const ACCOUNT = {
  type: 'service_account',
  project_id: 'key-project',
  client_email: 'gateway@key-project.iam.gserviceaccount.com',
  private_key: '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n',
  token_uri: 'https://oauth2.googleapis.com/token',
};
const KEY = JSON.stringify(ACCOUNT, null, 2);

function targetAt(baseUrl: string, secret: string | undefined, model = 'gemini-2.5-flash') {
  const { provider, ...target } = madeTarget('vertex', model, baseUrl);
  return { ...target, provider: { ...provider, secret } };
}

describe('Vertex AI', () => {
  it.each([
    [`${HOST}/v1/${PARENT}`, 'ya29.token', `${HOST}/v1/${PARENT}`],
    [`${HOST}/v1/${PARENT}/`, undefined, `${HOST}/v1/${PARENT}`],
    [`${HOST}/v1beta1/${PARENT}`, KEY, `${HOST}/v1beta1/${PARENT}`],
    [`${HOST}/v1/projects/our-project`, KEY, `${HOST}/v1/${PARENT}`],
    [HOST, KEY, `${HOST}/v1/projects/key-project/locations/us-central1`],
    [GLOBAL, KEY, `${GLOBAL}/v1/projects/key-project/locations/global`],
    [
      'https://aiplatform.eu.rep.googleapis.com',
      KEY,
      'https://aiplatform.eu.rep.googleapis.com/v1/projects/key-project/locations/eu',
    ],
    [GLOBAL, 'AIzaKey', `${GLOBAL}/v1`],
    [`https://proxy.example/google/v1/${PARENT}`, 'x', `https://proxy.example/google/v1/${PARENT}`],
    [`https://proxy.example/${PARENT}`, 'x', `https://proxy.example/v1/${PARENT}`],
  ])('at %s, with %s, is called under %s', (baseUrl, secret, parent) => {
    const target = targetAt(baseUrl, secret);
    const model = `${parent}/publishers/google/models/gemini-2.5-flash`;
    expect(vertex.fault?.(target.provider)).toBeUndefined();
    expect(vertex.address(target, 'chat').href).toBe(`${model}:generateContent`);
    expect(vertex.address(target, 'chat', true).href).toBe(`${model}:streamGenerateContent?alt=sse`);
    expect(vertex.address(target, 'embeddings').href).toBe(`${model}:predict`);
    expect(vertex.address(target, 'image_generations').href).toBe(`${model}:generateContent`);
    const root = parent.slice(0, parent.search(/\/v1/));
    expect(vertex.modelsAddress(target.provider).href).toBe(
      `${root}/v1beta1/publishers/google/models?pageSize=100`,
    );
  });

  it.each([
    ['gemini-2.5-flash', 'google/models/gemini-2.5-flash:generateContent'],
    ['models/gemini-2.5-flash', 'google/models/gemini-2.5-flash:generateContent'],
    ['google/gemini-2.5-flash', 'google/models/gemini-2.5-flash:generateContent'],
    ['publishers/google/models/claude-like', 'google/models/claude-like:generateContent'],
    ['claude-sonnet-4-5@20250929', 'anthropic/models/claude-sonnet-4-5@20250929:rawPredict'],
    ['anthropic/claude-sonnet-4-5', 'anthropic/models/claude-sonnet-4-5:rawPredict'],
    ['publishers/anthropic/models/claude-opus-5', 'anthropic/models/claude-opus-5:rawPredict'],
    ['../../x?y=z#w', 'google/models/..%2F..%2Fx%3Fy%3Dz%23w:generateContent'],
    ['..', 'google/models/..:generateContent'],
  ])('knows whose model %s is', (model, path) => {
    const { href } = vertex.address(targetAt(`${HOST}/v1/${PARENT}`, 'x', model), 'chat');
    expect(href).toBe(`${HOST}/v1/${PARENT}/publishers/${path}`);
  });

  it('streams Anthropic’s models from an address of their own, and asks Imagen in another way', () => {
    const claude = targetAt(`${HOST}/v1/${PARENT}`, 'x', 'claude-opus-5');
    expect(vertex.address(claude, 'chat', true).href).toMatch(/claude-opus-5:streamRawPredict$/);
    const imagen = targetAt(`${HOST}/v1/${PARENT}`, 'x', 'imagen-4.0-generate-001');
    expect(vertex.address(imagen, 'image_generations').href).toMatch(/imagen-4.0-generate-001:predict$/);
  });

  it.each([
    ['AIzaKey', { 'x-goog-api-key': 'AIzaKey' }],
    ['AQ.Ab8RN6', { 'x-goog-api-key': 'AQ.Ab8RN6' }],
    ['ya29.token', { authorization: 'Bearer ya29.token' }],
    ['eyJhbGciOi.J9.x', { authorization: 'Bearer eyJhbGciOi.J9.x' }],
    [undefined, {}],
    // What is exchanged for a token is shown to nobody.
    [KEY, {}],
    ['{', {}],
  ])('is shown %s in its header', (secret, headers) => expect(vertex.authorize(secret)).toEqual(headers));

  it.each([
    [GLOBAL, 'ya29.token', 'base_url', /names no project/],
    [GLOBAL, undefined, 'base_url', /names no project/],
    ['https://proxy.example', KEY, 'base_url', /names no location/],
    [
      `${HOST}/v1/projects/p/locations/europe-west4`,
      'x',
      'base_url',
      /location 'us-central1'.*'europe-west4'/,
    ],
    [HOST, '{"type": ', 'api_key', /not valid JSON/],
    [HOST, '/etc/keys/vertex.json', 'api_key', /what the file holds/],
    [HOST, '{"type": "authorized_user"}', 'api_key', /not the key of a service account/],
    [HOST, JSON.stringify({ ...ACCOUNT, client_email: undefined }), 'api_key', /client_email/],
    [HOST, JSON.stringify({ ...ACCOUNT, private_key: 'secret' }), 'api_key', /PEM/],
    [HOST, JSON.stringify({ ...ACCOUNT, token_uri: 'file:///x' }), 'api_key', /token_uri/],
  ])('cannot work at %s with %s: %s', (baseUrl, secret, param, message) => {
    const target = targetAt(baseUrl, secret);
    expect(vertex.fault?.(target.provider)).toEqual({ param, message: expect.stringMatching(message) });
    expect(() => vertex.address(target, 'chat')).toThrow(GatewayError);
  });

  it('draws and embeds with Google’s models only', () => {
    const request = { value: { model: 'm', input: 'a', prompt: 'a' } } as unknown as JsonRequest<ChatRequest>;
    const { embeddings, image_generations: images } = vertex.operations;
    for (const codec of [embeddings, images]) {
      const encode = codec?.encode as (request: unknown, target: unknown) => unknown;
      expect(() => encode(request, madeTarget('vertex', 'claude-opus-5'))).toThrow(
        expect.objectContaining({ code: 'unsupported_operation' }),
      );
      expect(() => encode(request, madeTarget('vertex', 'gemini-x'))).not.toThrow();
    }
  });
});
