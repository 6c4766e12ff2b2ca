import type { ChatRequest, Tool } from './chat-request.js';
import { cutText, joinPieces, type Pieces } from './pieces.js';
import { sampleJson } from './sample-json.js';

/** What one answer carries that its request does not say: ids and time are arguments. */
export interface Stamp {
  id: string;
  /** Seconds since 1970. */
  created: number;
}

/** One call of a tool; its arguments are JSON, in fragments. */
export interface ToolCall {
  id: string;
  name: string;
  fragments: Pieces;
}

/** One of the `n` answers: text, or calls. */
export interface Choice {
  content: Pieces | null;
  calls: readonly ToolCall[];
}

/** A whole answer, not yet encoded. */
export interface Answer {
  stamp: Stamp;
  model: string;
  choices: readonly Choice[];
  reasoning: Pieces;
  finish: string;
  /** The usage object as JSON; undefined when the script says that there is none. */
  usage: string | undefined;
  seed: string | undefined;
}

const QUOTED_AT_MOST = 200;
const FRAGMENT_SIZE = 8;
const NO_PIECES: Pieces = { count: 0, at: () => '' };
const UNDECLARED_TOOL: Tool = {
  name: 'sandbox_tool',
  parameters: { type: 'object', properties: { value: { type: 'string' } }, required: ['value'] },
};

/** Decides what to answer. */
export function composeAnswer(request: ChatRequest, stamp: Stamp): Answer {
  const { script } = request;
  const tools = toolsToCall(request);
  const choices: Choice[] = [];
  for (let index = 0; index < request.choices; index++)
    choices.push(
      tools.length > 0
        ? {
            content: null,
            calls: tools.map((tool, at) => call(tool, request, `call_${stamp.id}_${index}_${at}`)),
          }
        : { content: contentOf(request, index), calls: [] },
    );
  const reasoning =
    script.reasoning === 0
      ? NO_PIECES
      : cutText('Let me think about that.', { chunks: script.reasoning, repeats: true });
  return {
    stamp,
    model: request.name,
    choices,
    reasoning,
    finish: script.finish ?? (tools.length > 0 ? 'tool_calls' : 'stop'),
    usage: script.usage !== false ? encodeUsage(request, choices, reasoning.count) : undefined,
    seed: request.seed,
  };
}

/** The body of a `chat.completion`. */
export function encodeAnswer(answer: Answer): string {
  const finish = JSON.stringify(answer.finish);
  const reasoning =
    answer.reasoning.count === 0
      ? ''
      : `,"reasoning_content":${JSON.stringify(joinPieces(answer.reasoning))}`;
  const choices = answer.choices.map(({ content, calls }, index) => {
    const text = content === null ? 'null' : JSON.stringify(joinPieces(content));
    const message = `{"role":"assistant","content":${text},"refusal":null${reasoning}${encodeCalls(calls)}}`;
    return `{"index":${index},"message":${message},"logprobs":null,"finish_reason":${finish}}`;
  });
  const usage = answer.usage === undefined ? '' : `,"usage":${answer.usage}`;
  return `${head(answer, 'chat.completion')},"choices":[${choices.join()}]${usage}${tail(answer)}`;
}

/** The opening members that a whole answer and every chunk share; the object stays open. */
export function head(answer: Answer, object: string): string {
  const { id, created } = answer.stamp;
  return `{"id":"chatcmpl-${id}","object":"${object}","created":${created},"model":${JSON.stringify(answer.model)},"system_fingerprint":"fp_sandbox"`;
}

/** The closing of a whole answer and of every chunk, with a member that no client knows. */
export function tail(answer: Answer): string {
  return answer.seed === undefined ? '}' : `,"sandbox":{"seed":${answer.seed}}}`;
}

function toolsToCall({ script, tools, toolToCall }: ChatRequest): Tool[] {
  if (script.tools !== undefined)
    return Array.from({ length: script.tools }, (_, at) => tools[at % tools.length] ?? UNDECLARED_TOOL);
  return toolToCall === undefined || script.echo ? [] : [toolToCall];
}

function call(tool: Tool, { script }: ChatRequest, id: string): ToolCall {
  const text = JSON.stringify(sampleJson(tool.parameters ?? { type: 'object' }));
  const size = script.size ?? (script.chunks === undefined ? FRAGMENT_SIZE : undefined);
  return { id, name: tool.name, fragments: cutText(text, { chunks: script.chunks, size }) };
}

function encodeCalls(calls: readonly ToolCall[]): string {
  if (calls.length === 0) return '';
  const list = calls.map(({ id, name, fragments }) => ({
    id,
    type: 'function',
    function: { name, arguments: joinPieces(fragments) },
  }));
  return `,"tool_calls":${JSON.stringify(list)}`;
}

function contentOf({ script, text, answerSchema, lastUserText }: ChatRequest, index: number): Pieces {
  const { chunks, size } = script;
  if (script.echo) return cutText(text, { chunks, size });
  if (answerSchema !== undefined) {
    const value =
      answerSchema === true ? { sandbox: true, you_said: quote(lastUserText) } : sampleJson(answerSchema);
    return cutText(JSON.stringify(value), { chunks, size });
  }
  const which = index === 0 ? '' : `, answer ${index + 1}`;
  const sentence = `Hello from the PLLM sandbox${which}! You said: "${quote(lastUserText)}".`;
  return cutText(sentence, { chunks, size, repeats: true });
}

function quote(text: string): string {
  if (text.length <= QUOTED_AT_MOST) return text;
  return `${Array.from(text.slice(0, 2 * QUOTED_AT_MOST))
    .slice(0, QUOTED_AT_MOST)
    .join('')}…`;
}

function encodeUsage({ promptTokens }: ChatRequest, choices: Choice[], reasoningEach: number): string {
  const reasoning = reasoningEach * choices.length;
  let completion = reasoning;
  for (const { content, calls } of choices) {
    completion += content?.count ?? 0;
    for (const { fragments } of calls) completion += fragments.count;
  }
  return `{"prompt_tokens":${promptTokens},"completion_tokens":${completion},"total_tokens":${promptTokens + completion},"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":${reasoning},"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`;
}
