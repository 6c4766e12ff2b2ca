import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_NAMES } from '../openai-compatible/older-names.js';

/** Alibaba’s Model Studio, outside of China; there it lives at `https://dashscope.aliyuncs.com/compatible-mode/v1`. */
export const qwen = speakOpenAi({
  name: 'qwen',
  defaultBaseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  offers: ['chat', 'completions', 'embeddings'],
  quirks: { chat: { ...OLDER_NAMES, refuse: ['logit_bias'] } },
});
