import { speakOpenAi } from '../openai-compatible/adapter.js';

/** OpenAI itself. */
export const openai = speakOpenAi({ name: 'openai', defaultBaseUrl: 'https://api.openai.com/v1' });
