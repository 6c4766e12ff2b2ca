import type { Stamp } from './answer.js';
import type { StreamEvent } from './answer-stream.js';
import { readChoices } from './chat-request.js';
import { ERROR_UNDER_200 } from './fault.js';
import { cutText, joinPieces, type Pieces } from './pieces.js';
import { type Streamed, type Whole, wholeJson } from './play.js';
import type { Request } from './request.js';

/** The texts of a `prompt` or an `input`; tokens are shown as numbers. */
export function textsOf(given: unknown): string[] {
  if (given === undefined || given === null) return [''];
  if (typeof given === 'string') return [given];
  if (!Array.isArray(given)) return [String(given)];
  if (typeof given[0] === 'number') return [given.join(' ')];
  return given.map((item: unknown) => (Array.isArray(item) ? item.join(' ') : String(item)));
}

/** Words, or tokens where tokens were given. */
export function countWords(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + (text.match(/\S+/g)?.length ?? 0), 0);
}

interface Choice {
  readonly opening: string;
  readonly content: Pieces;
}

/** `n` answers to each prompt: choice `k` of prompt `p` has index `p * n + k`. */
export function answerCompletion(request: Request, stamp: Stamp): Whole | Streamed {
  const { fields, script } = request;
  const prompts = textsOf(fields['prompt']);
  const count = readChoices(fields['n']);
  const choices = prompts.flatMap((prompt) =>
    Array.from({ length: count }, (): Choice => {
      const { chunks, size } = script;
      const sentence = ` Hello from the PLLM sandbox! You wrote: "${prompt.slice(0, 200)}".`;
      const opening = fields['echo'] === true ? prompt : '';
      return { opening, content: cutText(sentence, { chunks, size, repeats: true }) };
    }),
  );
  const usage = usageOf(countWords(prompts), choices);
  if (request.stream) return { events: completionEvents(request, stamp, choices, usage) };
  const texts = choices.map(({ opening, content }) => opening + joinPieces(content));
  return wholeJson({
    ...head(request, stamp),
    choices: texts.map((text, index) => ({
      text,
      index,
      logprobs: null,
      finish_reason: script.finish ?? 'stop',
    })),
    ...(script.usage !== false && { usage }),
  });
}

function head({ name }: Request, { id, created }: Stamp): object {
  return {
    id: `cmpl-${id}`,
    object: 'text_completion',
    created,
    model: name,
    system_fingerprint: 'fp_sandbox',
  };
}

function usageOf(prompt: number, choices: readonly Choice[]): object {
  const completion = choices.reduce((sum, { content }) => sum + content.count, 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

function* completionEvents(
  request: Request,
  stamp: Stamp,
  choices: readonly Choice[],
  usage: object,
): Generator<StreamEvent> {
  const { script } = request;
  if (script.errorFirst) return yield { data: ERROR_UNDER_200, phase: 'close' };
  const isUsageAsked = request.includeUsage && script.usage !== false;
  const chunk = (list: object[], rest: object = isUsageAsked ? { usage: null } : {}): string =>
    JSON.stringify({ ...head(request, stamp), choices: list, ...rest });
  const text = (index: number, piece: string, finish: string | null = null): string =>
    chunk([{ text: piece, index, logprobs: null, finish_reason: finish }]);
  let written = 0;
  for (const [index, { opening, content }] of choices.entries()) {
    if (opening !== '') yield { data: text(index, opening), phase: 'open' };
    for (let at = 0; at < content.count; at++) {
      if (written++ === script.errorAfter) return yield { data: ERROR_UNDER_200, phase: 'close' };
      yield { data: text(index, content.at(at)), phase: 'content' };
    }
    yield { data: text(index, '', script.finish ?? 'stop'), phase: 'close' };
  }
  if (isUsageAsked) yield { data: chunk([], { usage }), phase: 'close' };
  if (script.done) yield { data: '[DONE]', phase: 'close' };
}
