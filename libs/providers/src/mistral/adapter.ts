import { speakOpenAi } from '../openai-compatible/adapter.js';
import { mendChat } from './mend-chat.js';

/** Mistral refuses every member that it does not know, and tells the usage unasked. */
export const mistral = speakOpenAi({
  name: 'mistral',
  defaultBaseUrl: 'https://api.mistral.ai/v1',
  offers: ['chat', 'embeddings', 'transcriptions'],
  quirks: {
    chat: {
      rename: { seed: 'random_seed', max_completion_tokens: 'max_tokens' },
      drop: ['stream_options', 'user', 'safety_identifier'],
      dropInMessages: ['reasoning_content', 'refusal', 'annotations'],
      finishReasons: { model_length: 'length' },
      openMend: mendChat,
    },
    embeddings: { rename: { dimensions: 'output_dimension' }, drop: ['user'] },
  },
});
