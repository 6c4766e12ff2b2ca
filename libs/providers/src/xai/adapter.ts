import type { Usage } from '#contract';
import { speakOpenAi } from '../openai-compatible/adapter.js';

/** xAI counts the tokens of thinking beside those of the answer; OpenAI counts them among them. */
function countThinking(usage: Usage): Usage {
  return { ...usage, completionTokens: usage.completionTokens + usage.reasoningTokens };
}

export const xai = speakOpenAi({
  name: 'xai',
  defaultBaseUrl: 'https://api.x.ai/v1',
  offers: ['chat', 'completions', 'embeddings', 'image_generations'],
  quirks: { chat: { countUsage: countThinking } },
});
