import { speakOpenAi } from '../openai-compatible/adapter.js';

/** A model server on one's own machine. It overlooks the newer name of the limit instead of refusing it. */
export const ollama = speakOpenAi({
  name: 'ollama',
  defaultBaseUrl: 'http://localhost:11434/v1',
  joinsTraces: true,
  offers: ['chat', 'completions', 'embeddings', 'image_generations'],
  quirks: { chat: { rename: { max_completion_tokens: 'max_tokens' } } },
});
