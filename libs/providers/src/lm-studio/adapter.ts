import { isObject } from '#contract';
import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_NAMES } from '../openai-compatible/older-names.js';

const isJsonObject = (format: unknown): boolean => isObject(format) && format.type === 'json_object';

/** A model server on one’s own machine. It takes a schema and no JSON without one. */
export const lmStudio = speakOpenAi({
  name: 'lm-studio',
  defaultBaseUrl: 'http://localhost:1234/v1',
  joinsTraces: true,
  offers: ['chat', 'completions', 'embeddings'],
  quirks: { chat: { ...OLDER_NAMES, refuse: [['response_format', isJsonObject]] } },
});
