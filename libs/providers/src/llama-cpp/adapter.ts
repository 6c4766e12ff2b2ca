import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_NAMES } from '../openai-compatible/older-names.js';

/** A model server on one’s own machine: `llama-server`. */
export const llamaCpp = speakOpenAi({
  name: 'llama-cpp',
  defaultBaseUrl: 'http://localhost:8080/v1',
  joinsTraces: true,
  offers: ['chat', 'completions', 'embeddings'],
  quirks: { chat: OLDER_NAMES },
});
