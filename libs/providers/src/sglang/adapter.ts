import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_ROLES } from '../openai-compatible/older-names.js';

/** A model server on one’s own machine. */
export const sglang = speakOpenAi({
  name: 'sglang',
  defaultBaseUrl: 'http://localhost:30000/v1',
  joinsTraces: true,
  offers: ['chat', 'completions', 'embeddings'],
  quirks: { chat: OLDER_ROLES },
});
