import { speakOpenAi } from '../openai-compatible/adapter.js';
import { OLDER_NAMES } from '../openai-compatible/older-names.js';

/** A model server on one's own machine. It overlooks what it does not know instead of refusing it. */
export const ollama = speakOpenAi({
  name: 'ollama',
  defaultBaseUrl: 'http://localhost:11434/v1',
  joinsTraces: true,
  offers: ['chat', 'completions', 'embeddings', 'image_generations'],
  quirks: { chat: { ...OLDER_NAMES, refuse: ['n', 'logit_bias', 'tool_choice'] } },
});
