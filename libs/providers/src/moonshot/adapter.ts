import { JsonMembers, objectSpans } from '#contract';
import type { Span } from '#contract';
import { speakOpenAi } from '../openai-compatible/adapter.js';
import { liftUsage } from '../openai-compatible/lift-usage.js';
import { OLDER_ROLES } from '../openai-compatible/older-names.js';

const answers = new JsonMembers(['choices']);
const choices = new JsonMembers(['usage']);

/** Moonshot tells the usage of a stream in its last choice. */
function findUsage(json: Buffer): Span | undefined {
  if (!answers.read(json)) return undefined;
  for (const { start, end } of objectSpans(json, answers.start('choices'), answers.end('choices'))) {
    choices.read(json, start, end);
    if (choices.start('usage') >= 0) return { start: choices.start('usage'), end: choices.end('usage') };
  }
  return undefined;
}

/** Moonshot’s Kimi; in China it lives at `https://api.moonshot.cn/v1`. */
export const moonshot = speakOpenAi({
  name: 'moonshot',
  defaultBaseUrl: 'https://api.moonshot.ai/v1',
  offers: ['chat'],
  quirks: { chat: { ...OLDER_ROLES, openMend: () => (json) => liftUsage(json, findUsage) } },
});
