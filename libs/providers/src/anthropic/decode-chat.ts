import { JsonMembers, objectSpans, readUsage } from '#contract';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import { broken } from '../openai-compatible/decode-stream.js';
import type { DecodeContext, Decoded } from '../spec.js';
import { answerFormOf } from './answer-form.js';
import { decodeEmbeddedError } from './decode-error.js';
import { chatId, finishReasonOf, usageOf } from './read-answer.js';
import type { AnswerBlock, Message, Thought } from './wire.js';

/** What an answer is made of, gathered block by block. */
interface Gathered {
  readonly texts: string[];
  readonly thoughts: Thought[];
  readonly calls: object[];
  /** The input of the tool that stands for the answer. */
  answer: string | undefined;
}

const messages = new JsonMembers(['content']);
const blocks = new JsonMembers(['input']);

const TIERS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ['standard', 'default'],
  ['priority', 'priority'],
]);

/** Anthropic's message as a chat completion. @throws GatewayError when it is none, or an error */
export function decodeChat(body: Buffer, context: DecodeContext): Decoded {
  const message = parse(body);
  if (message.type === 'error') throw decodeEmbeddedError(body);
  const { content, usage, stop_reason: stopReason } = message;
  if (!Array.isArray(content)) throw broken('The provider answered with something that is not a message.');
  const gathered = gather(content, inputsIn(body), answerTool(context));
  const told = usage ? usageOf(usage) : undefined;
  const choice = {
    index: 0,
    message: printable(gathered, message),
    logprobs: null,
    finish_reason: finishReasonOf(stopReason, gathered.calls.length > 0),
  };
  const tier = TIERS.get(usage?.service_tier);
  const head = JSON.stringify({ id: chatId(message), object: 'chat.completion', created: context.created });
  const tail = JSON.stringify({
    choices: [choice],
    ...(told && { usage: told }),
    ...(tier !== undefined && { service_tier: tier }),
  });
  const text = `${head.slice(0, -1)},"model":${context.model.toString()},${tail.slice(1)}`;
  return { body: Buffer.from(text), usage: readUsage(told) };
}

/** Name of the tool whose input is the answer; undefined: there is none. */
export function answerTool({ request, target }: DecodeContext): string | undefined {
  const form = answerFormOf(request as ChatParameters, target.model);
  return form.kind === 'tool' ? form.tool.name : undefined;
}

function gather(
  content: readonly AnswerBlock[],
  inputs: readonly (string | undefined)[],
  answerName: string | undefined,
): Gathered {
  const gathered: Gathered = { texts: [], thoughts: [], calls: [], answer: undefined };
  content.forEach((block, index) => {
    const { type, text, thinking = '', signature = '', data = '', id, name } = block;
    if (type === 'text') gathered.texts.push(text ?? '');
    if (type === 'thinking') gathered.thoughts.push({ type, thinking, signature });
    if (type === 'redacted_thinking') gathered.thoughts.push({ type, data });
    if (type !== 'tool_use') return;
    const input = inputs[index] ?? JSON.stringify(block.input ?? {});
    if (name === answerName) gathered.answer = input;
    else gathered.calls.push({ id, type: 'function', function: { name, arguments: input } });
  });
  return gathered;
}

function printable({ texts, thoughts, calls, answer }: Gathered, { stop_details: details }: Message): object {
  const text = answer ?? texts.join('');
  const refusal = details?.explanation ?? null;
  const thinking = thoughts.map((thought) => (thought.type === 'thinking' ? thought.thinking : '')).join('');
  return {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== null) ? null : text,
    refusal,
    ...(thinking !== '' && { reasoning_content: thinking }),
    ...(thoughts.length > 0 && { thinking_blocks: thoughts }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

/** The inputs of tools as they stand in the text: parsing loses the digits that JavaScript's numbers cannot hold. */
function inputsIn(body: Buffer): (string | undefined)[] {
  messages.read(body);
  return objectSpans(body, messages.start('content'), messages.end('content')).map(({ start, end }) => {
    blocks.read(body, start, end);
    const from = blocks.start('input');
    return from < 0 ? undefined : body.toString('utf8', from, blocks.end('input'));
  });
}

function parse(body: Buffer): Message {
  try {
    const value = JSON.parse(body.toString()) as Message | null;
    if (value) return value;
  } catch {
    // What is no JSON is no message either.
  }
  throw broken('The provider answered with something that is not JSON.');
}
