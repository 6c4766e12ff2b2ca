import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_ROLES } from '../openai-compatible/older-names.js';

/** Cerebras answers 400 to a penalty, whatever it is. */
export const cerebras = speakOpenAi({
  name: 'cerebras',
  defaultBaseUrl: 'https://api.cerebras.ai/v1',
  offers: ['chat', 'completions'],
  quirks: {
    chat: { ...OLDER_ROLES, refuse: ['n', 'logit_bias'], drop: ['frequency_penalty', 'presence_penalty'] },
  },
});
