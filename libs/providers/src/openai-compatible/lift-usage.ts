import { JsonMembers, splice } from '#contract';
import type { Span } from '#contract';
import { isGiven } from './decode-response.js';

const answers = new JsonMembers(['usage']);

/** Usage that a provider tells in a place of its own, sometimes there alone, where OpenAI has it too. */
export function liftUsage(json: Buffer, find: (json: Buffer) => Span | undefined): Buffer {
  if (!json.includes('"usage"') || !answers.read(json) || isGiven(json, answers.start('usage'))) return json;
  const own = find(json);
  if (!own || !isGiven(json, own.start)) return json;
  const usage = json.subarray(own.start, own.end);
  const start = answers.start('usage');
  if (start >= 0) return splice(json, [{ start, end: answers.end('usage'), text: usage }]);
  const text = Buffer.concat([Buffer.from(',"usage":'), usage]);
  return splice(json, [{ start: answers.close, end: answers.close, text }]);
}
