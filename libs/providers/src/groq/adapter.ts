import { JsonMembers } from '#contract';
import type { Span } from '#contract';
import { speakOpenAi } from '../openai-compatible/adapter.js';
import { liftUsage } from '../openai-compatible/lift-usage.js';
import { OLDER_ROLES } from '../openai-compatible/older-names.js';

const answers = new JsonMembers(['x_groq']);
const own = new JsonMembers(['usage']);

/** Groq tells the usage of a stream in a member of its own. */
function findUsage(json: Buffer): Span | undefined {
  if (!answers.read(json) || !own.read(json, answers.start('x_groq'), answers.end('x_groq')))
    return undefined;
  return { start: own.start('usage'), end: own.end('usage') };
}

export const groq = speakOpenAi({
  name: 'groq',
  defaultBaseUrl: 'https://api.groq.com/openai/v1',
  offers: ['chat', 'transcriptions', 'translations', 'speech'],
  quirks: {
    chat: {
      ...OLDER_ROLES,
      refuse: ['n', 'logprobs', 'top_logprobs', 'logit_bias'],
      openMend: () => (json) => liftUsage(json, findUsage),
    },
  },
});
