import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_NAMES } from '../openai-compatible/older-names.js';

/** Perplexity searches by itself, and calls nobody else’s tools. */
export const perplexity = speakOpenAi({
  name: 'perplexity',
  defaultBaseUrl: 'https://api.perplexity.ai',
  offers: ['chat'],
  quirks: {
    chat: {
      ...OLDER_NAMES,
      refuse: ['n', 'logprobs', 'top_logprobs', 'logit_bias', 'tools', 'functions'],
    },
  },
});
