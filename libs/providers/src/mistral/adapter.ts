import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OPENAIS_OWN } from '../openai-compatible/answer-parameters.js';
import { OLDER_NAMES } from '../openai-compatible/older-names.js';
import { mendChat } from './mend-chat.js';
import { shapeCallId } from './shape-call-id.js';

/** Mistral refuses every member that it does not know, and tells the usage unasked. */
export const mistral = speakOpenAi({
  name: 'mistral',
  defaultBaseUrl: 'https://api.mistral.ai/v1',
  offers: ['chat', 'embeddings', 'transcriptions'],
  quirks: {
    chat: {
      ...OLDER_NAMES,
      rename: { ...OLDER_NAMES.rename, seed: 'random_seed' },
      refuse: ['logprobs', 'top_logprobs', 'logit_bias', ...OPENAIS_OWN],
      drop: ['stream_options', 'user', 'safety_identifier', 'store', 'service_tier', 'verbosity'],
      dropInMessages: ['reasoning_content', 'refusal', 'annotations'],
      shapeCallId,
      finishReasons: { model_length: 'length' },
      openMend: mendChat,
    },
    embeddings: { rename: { dimensions: 'output_dimension' }, drop: ['user'] },
  },
});
