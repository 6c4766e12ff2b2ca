import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_NAMES } from '../openai-compatible/older-names.js';

const finishReasons = { eos_token: 'stop', stop_sequence: 'stop' };

/** Hugging Face’s model server on one’s own machine. It reads `n` and `logit_bias`, and does nothing with them. */
export const tgi = speakOpenAi({
  name: 'tgi',
  defaultBaseUrl: 'http://localhost:8080/v1',
  joinsTraces: true,
  offers: ['chat', 'completions'],
  quirks: {
    chat: { ...OLDER_NAMES, refuse: ['n', 'logit_bias'], finishReasons },
    completions: { finishReasons },
  },
});
