import type { Stamp } from './answer.js';
import { isRecord } from './json.js';
import { type Whole, wholeJson } from './play.js';
import { missing, type Request } from './request.js';

const CATEGORIES = [
  'hate',
  'hate/threatening',
  'harassment',
  'harassment/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/intent',
  'self-harm/instructions',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
];

/** One result for each text of the input: flagged where the word "violence" stands in it. */
export function answerModeration({ name, fields }: Request, stamp: Stamp): Whole {
  const { input } = fields;
  if (input === undefined) throw missing('input');
  const texts = Array.isArray(input) && !input.some(isRecord) ? input : [input];
  return wholeJson({
    id: `modr-${stamp.id}`,
    model: name,
    results: texts.map((text) => judge(typeof text === 'string' ? text : JSON.stringify(text))),
  });
}

function judge(text: string): object {
  const flagged = text.includes('violence');
  const each = <T>(value: (category: string) => T): Record<string, T> =>
    Object.fromEntries(CATEGORIES.map((category) => [category, value(category)]));
  return {
    flagged,
    categories: each((category) => flagged && category === 'violence'),
    category_scores: each((category) => (flagged && category === 'violence' ? 0.98 : 0.001)),
    category_applied_input_types: each(() => ['text']),
  };
}
