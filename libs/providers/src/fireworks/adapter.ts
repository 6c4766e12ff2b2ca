import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_ROLES } from '../openai-compatible/older-names.js';

export const fireworks = speakOpenAi({
  name: 'fireworks',
  defaultBaseUrl: 'https://api.fireworks.ai/inference/v1',
  offers: ['chat', 'completions', 'embeddings', 'rerank'],
  quirks: { chat: OLDER_ROLES },
});
