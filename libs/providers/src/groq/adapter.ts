import { JsonMembers, splice } from '#contract';
import { speakOpenAi } from '../openai-compatible/adapter.js';
import { isGiven } from '../openai-compatible/decode-response.js';

const answers = new JsonMembers(['usage', 'x_groq']);
const own = new JsonMembers(['usage']);

/** Groq tells the usage of a stream in a member of its own, sometimes there alone. */
function mendUsage(json: Buffer): Buffer {
  if (!json.includes('"x_groq"') || !answers.read(json)) return json;
  const [start, end] = [answers.start('usage'), answers.end('usage')];
  if (isGiven(json, start) || !own.read(json, answers.start('x_groq'), answers.end('x_groq'))) return json;
  if (!isGiven(json, own.start('usage'))) return json;
  const usage = json.subarray(own.start('usage'), own.end('usage'));
  if (start >= 0) return splice(json, [{ start, end, text: usage }]);
  const text = Buffer.concat([Buffer.from(',"usage":'), usage]);
  return splice(json, [{ start: answers.close, end: answers.close, text }]);
}

export const groq = speakOpenAi({
  name: 'groq',
  defaultBaseUrl: 'https://api.groq.com/openai/v1',
  offers: ['chat', 'transcriptions', 'translations', 'speech'],
  quirks: { chat: { openMend: () => mendUsage } },
});
