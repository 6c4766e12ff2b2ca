import { GatewayError } from '#contract';
import type { Provider, Target } from '#contract';
import { addressUnder, bearer, PATHS, speakOpenAi } from '../openai-compatible/adapter.js';

/** The last dated version that is not a preview. */
const API_VERSION = '2024-10-21';

/** A token of Microsoft Entra is a JWT; keys are not. */
const ENTRA_TOKEN = /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/;

/** OpenAI's models at Microsoft: under `…/openai/v1` as OpenAI has them, under any other base URL by deployment. */
export const azureOpenai = speakOpenAi({
  name: 'azure-openai',
  offers: [
    'chat',
    'completions',
    'embeddings',
    'image_generations',
    'image_edits',
    'transcriptions',
    'translations',
    'speech',
  ],
  authorize: (secret) =>
    secret === undefined || ENTRA_TOKEN.test(secret) ? bearer(secret) : { 'api-key': secret },
  address: ({ provider, model }: Target, operation) =>
    isV1(provider)
      ? addressUnder(provider, PATHS[operation])
      : dated(provider, `deployments/${segmentOf(model)}/${PATHS[operation]}`),
  modelsAddress: (provider: Provider) =>
    isV1(provider) ? addressUnder(provider, 'models') : dated(provider, 'models'),
});

function isV1({ baseUrl }: Provider): boolean {
  return /\/openai\/v1\/*$/.test(new URL(baseUrl).pathname);
}

function dated(provider: Provider, path: string): URL {
  const isUnderOpenai = /\/openai\/*$/.test(new URL(provider.baseUrl).pathname);
  const url = addressUnder(provider, isUnderOpenai ? path : `openai/${path}`);
  if (!url.searchParams.has('api-version')) url.searchParams.set('api-version', API_VERSION);
  return url;
}

/** Dots alone would climb out of the deployment, escaped or not (WHATWG URL, 4.1). */
function segmentOf(deployment: string): string {
  if (/^\.{1,2}$/.test(deployment)) throw new GatewayError('model_not_found', { param: 'model' });
  return encodeURIComponent(deployment);
}
