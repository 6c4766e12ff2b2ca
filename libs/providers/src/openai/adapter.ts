import { speakOpenAi } from '../openai-compatible/adapter.js';

/** OpenAI itself. */
export const openai = speakOpenAi({
  name: 'openai',
  defaultBaseUrl: 'https://api.openai.com/v1',
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
