import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_NAMES } from '../openai-compatible/older-names.js';

export const deepinfra = speakOpenAi({
  name: 'deepinfra',
  defaultBaseUrl: 'https://api.deepinfra.com/v1/openai',
  offers: [
    'chat',
    'completions',
    'embeddings',
    'image_generations',
    'transcriptions',
    'translations',
    'speech',
  ],
  quirks: { chat: OLDER_NAMES },
});
