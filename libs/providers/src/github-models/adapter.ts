import { speakOpenAi } from '../openai-compatible/adapter.js';

/** Models that GitHub offers to developers. Their list stands beside what answers, not under it. */
export const githubModels = speakOpenAi({
  name: 'github-models',
  defaultBaseUrl: 'https://models.github.ai/inference',
  modelsAddress: ({ baseUrl }) => new URL('/catalog/models', baseUrl),
  offers: ['chat', 'embeddings'],
});
