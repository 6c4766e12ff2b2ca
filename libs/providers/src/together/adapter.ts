import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_NAMES } from '../openai-compatible/older-names.js';

const WORDS = { finishReasons: { eos: 'stop' } };

export const together = speakOpenAi({
  name: 'together',
  defaultBaseUrl: 'https://api.together.xyz/v1',
  offers: [
    'chat',
    'completions',
    'embeddings',
    'rerank',
    'image_generations',
    'transcriptions',
    'translations',
    'speech',
  ],
  quirks: { chat: { ...OLDER_NAMES, ...WORDS }, completions: WORDS },
});
