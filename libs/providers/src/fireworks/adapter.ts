import { speakOpenAi } from '../openai-compatible/adapter.js';

export const fireworks = speakOpenAi({
  name: 'fireworks',
  defaultBaseUrl: 'https://api.fireworks.ai/inference/v1',
  offers: ['chat', 'completions', 'embeddings', 'rerank'],
});
