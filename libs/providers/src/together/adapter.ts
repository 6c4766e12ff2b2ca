import { speakOpenAi } from '../openai-compatible/adapter.js';

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
  quirks: { chat: WORDS, completions: WORDS },
});
