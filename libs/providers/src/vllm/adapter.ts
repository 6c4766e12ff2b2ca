import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_ROLES } from '../openai-compatible/older-names.js';

/** A model server on one's own machine. A model's template says whom it knows to speak, and few know a developer. */
export const vllm = speakOpenAi({
  name: 'vllm',
  defaultBaseUrl: 'http://localhost:8000/v1',
  joinsTraces: true,
  offers: ['chat', 'completions', 'embeddings', 'rerank', 'transcriptions', 'translations'],
  quirks: { chat: OLDER_ROLES },
});
