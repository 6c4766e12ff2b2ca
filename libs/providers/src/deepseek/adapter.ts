import { isObject } from '#contract';
import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_NAMES } from '../openai-compatible/older-names.js';

/** Short of machines, DeepSeek breaks an answer off. */
const finishReasons = { insufficient_system_resource: 'length' };

const isSchema = (format: unknown): boolean => isObject(format) && format.type === 'json_schema';

export const deepseek = speakOpenAi({
  name: 'deepseek',
  defaultBaseUrl: 'https://api.deepseek.com/v1',
  offers: ['chat', 'completions'],
  lacks: ['structured_output'],
  quirks: {
    chat: { ...OLDER_NAMES, refuse: ['n', 'logit_bias', ['response_format', isSchema]], finishReasons },
    completions: { finishReasons },
  },
});
