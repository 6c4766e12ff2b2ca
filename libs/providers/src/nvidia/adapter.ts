import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_NAMES } from '../openai-compatible/older-names.js';

/** NVIDIA’s hosted models. */
export const nvidia = speakOpenAi({
  name: 'nvidia',
  defaultBaseUrl: 'https://integrate.api.nvidia.com/v1',
  offers: ['chat', 'completions', 'embeddings'],
  quirks: { chat: OLDER_NAMES },
});
