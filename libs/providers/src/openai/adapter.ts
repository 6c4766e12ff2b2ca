import { openaiCompatible } from '../openai-compatible/adapter.js';
import type { ProviderAdapter } from '../spec.js';

/** OpenAI itself. */
export const openai: ProviderAdapter = {
  ...openaiCompatible,
  name: 'openai',
  defaultBaseUrl: 'https://api.openai.com/v1',
};
