import { OPERATIONS, speakOpenAi } from '../openai-compatible/adapter.js';

const { rerank: _, ...offered } = OPERATIONS;

/** OpenAI itself, which orders no documents. */
export const openai = speakOpenAi({
  name: 'openai',
  defaultBaseUrl: 'https://api.openai.com/v1',
  offers: [...(Object.keys(offered) as (keyof typeof offered)[]), 'responses'],
  ownNames: [
    'gpt-*',
    'chatgpt-*',
    'o1*',
    'o3*',
    'o4*',
    'ft:*',
    'codex-*',
    'davinci-002',
    'babbage-002',
    'text-embedding-*',
    'dall-e-*',
    'whisper-*',
    'tts-*',
    'omni-moderation-*',
    'text-moderation-*',
  ],
});
