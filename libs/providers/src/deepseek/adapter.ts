import { speakOpenAi } from '../openai-compatible/adapter.js';

/** Short of machines, DeepSeek breaks an answer off. */
const finishReasons = { insufficient_system_resource: 'length' };

export const deepseek = speakOpenAi({
  name: 'deepseek',
  defaultBaseUrl: 'https://api.deepseek.com/v1',
  offers: ['chat', 'completions'],
  quirks: {
    chat: { rename: { max_completion_tokens: 'max_tokens' }, finishReasons },
    completions: { finishReasons },
  },
});
