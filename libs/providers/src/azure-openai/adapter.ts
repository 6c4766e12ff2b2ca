import { GatewayError } from '#contract';
import type { Provider, Target } from '#contract';
import { addressUnder, bearer, PATHS, speakOpenAi } from '../openai-compatible/adapter.js';

/** The last dated version that is not a preview. */
const API_VERSION = '2024-10-21';
/** Responses came with a later one, and know deployments by the body alone. */
const RESPONSES_VERSION = '2025-04-01-preview';

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
    'responses',
  ],
  authorize: (secret) =>
    secret === undefined || ENTRA_TOKEN.test(secret) ? bearer(secret) : { 'api-key': secret },
  address: ({ provider, model }: Target, operation) => {
    if (isV1(provider)) return addressUnder(provider, PATHS[operation]);
    if (operation === 'responses') return dated(provider, PATHS.responses, RESPONSES_VERSION);
    return dated(provider, `deployments/${segmentOf(model)}/${PATHS[operation]}`);
  },
  modelsAddress: (provider: Provider) =>
    isV1(provider) ? addressUnder(provider, 'models') : dated(provider, 'models'),
});

function isV1({ baseUrl }: Provider): boolean {
  return /\/openai\/v1\/*$/.test(new URL(baseUrl).pathname);
}

function dated(provider: Provider, path: string, version = API_VERSION): URL {
  const isUnderOpenai = /\/openai\/*$/.test(new URL(provider.baseUrl).pathname);
  const url = addressUnder(provider, isUnderOpenai ? path : `openai/${path}`);
  if (!url.searchParams.has('api-version')) url.searchParams.set('api-version', version);
  return url;
}

/** Dots alone would climb out of the deployment, escaped or not (WHATWG URL, 4.1). */
function segmentOf(deployment: string): string {
  if (/^\.{1,2}$/.test(deployment)) throw new GatewayError('model_not_found', { param: 'model' });
  return encodeURIComponent(deployment);
}
