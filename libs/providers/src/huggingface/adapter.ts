import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_NAMES } from '../openai-compatible/older-names.js';

/** Hugging Face’s router to many who host models. */
export const huggingface = speakOpenAi({
  name: 'huggingface',
  defaultBaseUrl: 'https://router.huggingface.co/v1',
  offers: ['chat'],
  quirks: { chat: OLDER_NAMES },
});
