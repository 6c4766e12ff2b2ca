import { type Answer, composeAnswer, type Stamp } from './answer.js';
import type { StreamEvent } from './answer-stream.js';
import { type ChatRequest, readChatRequest } from './chat-request.js';
import { isRecord } from './json.js';
import { joinPieces, type Pieces } from './pieces.js';
import { type Streamed, type Whole, wholeJson } from './play.js';
import type { Request } from './request.js';

/** One item of an output: what it is at first, how it grows, and what it is in the end. */
interface Item {
  readonly id: string;
  readonly open: object;
  readonly done: object;
  readonly pieces: Pieces;
  /** `output_text`, `function_call_arguments`, `reasoning_summary_text` */
  readonly grows: string;
  /** Where in the item the pieces belong. */
  readonly place: object;
  /** What the pieces are in the event that ends them, and the part that they are, where there is one. */
  readonly ended: object;
  readonly part?: readonly [kind: string, open: object, done: object];
}

type Members = Readonly<Record<string, unknown>>;

/** A response: what a chat of the same words is answered, in other ones. It remembers none. */
export function answerResponse(request: Request, stamp: Stamp): Whole | Streamed {
  const chat = readChatRequest(JSON.stringify(toChat(request)));
  const answer = composeAnswer(chat, stamp);
  const items = itemsOf(answer);
  const isShort = answer.finish === 'length';
  const end = {
    status: isShort ? 'incomplete' : 'completed',
    incomplete_details: isShort ? { reason: 'max_output_tokens' } : null,
    output: items.map(({ done }) => done),
    usage: usageOf(answer),
  };
  const response = responseOf(request, stamp);
  if (!request.stream) return wholeJson({ ...response, ...end });
  return { events: responseEvents(chat, response, items, end) };
}

function toChat({ model, stream, fields }: Request): object {
  const { input, instructions, tools, tool_choice: choice, text } = fields;
  const items: readonly unknown[] = Array.isArray(input) ? input : [{ role: 'user', content: input }];
  const system = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : [];
  const format: unknown = isRecord(text) ? text['format'] : undefined;
  const functions = Array.isArray(tools) ? tools.filter(isRecord) : [];
  return {
    model,
    stream,
    messages: [...system, ...items],
    tools: functions.map((declared) => ({ type: 'function', function: declared })),
    tool_choice: isRecord(choice) ? { type: 'function', function: choice } : choice,
    response_format: isRecord(format) ? { type: format['type'], json_schema: format } : undefined,
  };
}

function responseOf({ name, fields }: Request, { id, created }: Stamp): Members {
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: created,
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: fields['instructions'] ?? null,
    max_output_tokens: fields['max_output_tokens'] ?? null,
    model: name,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: fields['previous_response_id'] ?? null,
    reasoning: { effort: null, summary: null },
    store: fields['store'] !== false,
    temperature: fields['temperature'] ?? 1,
    text: fields['text'] ?? { format: { type: 'text' } },
    tool_choice: fields['tool_choice'] ?? 'auto',
    tools: fields['tools'] ?? [],
    top_p: fields['top_p'] ?? 1,
    truncation: 'disabled',
    metadata: fields['metadata'] ?? {},
  };
}

function itemsOf({ stamp, choices, reasoning }: Answer): Item[] {
  const thoughts = reasoning.count === 0 ? [] : [thoughtItem(`rs_${stamp.id}`, reasoning)];
  const [{ content, calls } = { content: null, calls: [] }] = choices;
  if (content !== null) return [...thoughts, messageItem(`msg_${stamp.id}`, content)];
  return [...thoughts, ...calls.map((call, at) => callItem(`fc_${stamp.id}_${at}`, call))];
}

function messageItem(id: string, pieces: Pieces): Item {
  const text = joinPieces(pieces);
  const message = { id, type: 'message', role: 'assistant' };
  const part = (words: string): object => ({
    type: 'output_text',
    text: words,
    annotations: [],
    logprobs: [],
  });
  return {
    id,
    pieces,
    grows: 'output_text',
    place: { content_index: 0 },
    ended: { text, logprobs: [] },
    part: ['content_part', part(''), part(text)],
    open: { ...message, status: 'in_progress', content: [] },
    done: { ...message, status: 'completed', content: [part(text)] },
  };
}

function callItem(
  id: string,
  { id: callId, name, fragments }: Answer['choices'][number]['calls'][number],
): Item {
  const call = { id, type: 'function_call', call_id: callId, name };
  const text = joinPieces(fragments);
  return {
    id,
    pieces: fragments,
    grows: 'function_call_arguments',
    place: {},
    ended: { name, arguments: text },
    open: { ...call, status: 'in_progress', arguments: '' },
    done: { ...call, status: 'completed', arguments: text },
  };
}

function thoughtItem(id: string, pieces: Pieces): Item {
  const text = joinPieces(pieces);
  const part = (words: string): object => ({ type: 'summary_text', text: words });
  return {
    id,
    pieces,
    grows: 'reasoning_summary_text',
    place: { summary_index: 0 },
    ended: { text },
    part: ['reasoning_summary_part', part(''), part(text)],
    open: { id, type: 'reasoning', summary: [] },
    done: { id, type: 'reasoning', summary: [part(text)] },
  };
}

/** A chat's usage under a response's names. */
function usageOf({ usage }: Answer): object | undefined {
  if (usage === undefined) return undefined;
  const told = JSON.parse(usage) as Record<string, number> & {
    completion_tokens_details: { reasoning_tokens: number };
  };
  return {
    input_tokens: told['prompt_tokens'],
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: told['completion_tokens'],
    output_tokens_details: { reasoning_tokens: told.completion_tokens_details.reasoning_tokens },
    total_tokens: told['total_tokens'],
  };
}

const SERVER_ERROR = {
  code: 'server_error',
  message: 'The server had an error while processing your request.',
  param: null,
};

function* responseEvents(
  { script }: ChatRequest,
  response: Members,
  items: readonly Item[],
  end: { readonly status: string },
): Generator<StreamEvent> {
  let number = 0;
  const event = (name: string, phase: StreamEvent['phase'], members: object): StreamEvent => ({
    name,
    phase,
    data: JSON.stringify({ type: name, sequence_number: number++, ...members }),
  });
  const failure = (): StreamEvent => event('error', 'close', SERVER_ERROR);
  if (script.errorFirst) return yield failure();
  yield event('response.created', 'open', { response });
  yield event('response.in_progress', 'open', { response });
  let written = 0;
  for (const [at, { id, open, done, pieces, grows, place, ended, part }] of items.entries()) {
    const where = { item_id: id, output_index: at, ...place };
    yield event('response.output_item.added', 'open', { output_index: at, item: open });
    if (part) yield event(`response.${part[0]}.added`, 'open', { ...where, part: part[1] });
    const isThought = grows.startsWith('reasoning');
    for (let index = 0; index < pieces.count; index++) {
      if (!isThought && written++ === script.errorAfter) return yield failure();
      const more = grows === 'output_text' ? { logprobs: [] } : {};
      const delta = { ...where, delta: pieces.at(index), ...more };
      yield event(`response.${grows}.delta`, isThought ? 'reasoning' : 'content', delta);
    }
    const phase = isThought ? 'open' : 'close';
    yield event(`response.${grows}.done`, phase, { ...where, ...ended });
    if (part) yield event(`response.${part[0]}.done`, phase, { ...where, part: part[2] });
    yield event('response.output_item.done', phase, { output_index: at, item: done });
  }
  if (script.done) yield event(`response.${end.status}`, 'close', { response: { ...response, ...end } });
}
