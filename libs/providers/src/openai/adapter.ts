import { OPERATIONS, speakOpenAi } from '../openai-compatible/adapter.js';

const { rerank: _, ...offered } = OPERATIONS;

/** OpenAI itself, which orders no documents. */
export const openai = speakOpenAi({
  name: 'openai',
  defaultBaseUrl: 'https://api.openai.com/v1',
  offers: Object.keys(offered) as (keyof typeof offered)[],
});
