import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_NAMES } from '../openai-compatible/older-names.js';

/** What may not be said, what is too long for the model, and what broke off. */
const finishReasons = {
  sensitive: 'content_filter',
  model_context_window_exceeded: 'length',
  network_error: 'length',
};

/** Zhipu’s GLM; outside of China it lives at `https://api.z.ai/api/paas/v4`. */
export const zhipu = speakOpenAi({
  name: 'zhipu',
  defaultBaseUrl: 'https://open.bigmodel.cn/api/paas/v4',
  offers: ['chat', 'embeddings', 'image_generations'],
  quirks: {
    chat: {
      ...OLDER_NAMES,
      refuse: ['n', 'logprobs', 'top_logprobs', 'logit_bias', 'tool_choice'],
      finishReasons,
    },
  },
});
