import { speakOpenAi } from '../openai-compatible/adapter.js';

/** A model server on one's own machine. */
export const vllm = speakOpenAi({
  name: 'vllm',
  defaultBaseUrl: 'http://localhost:8000/v1',
  joinsTraces: true,
  offers: ['chat', 'completions', 'embeddings', 'rerank', 'transcriptions', 'translations'],
});
