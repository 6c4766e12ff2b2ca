import { broken } from '../openai-compatible/decode-stream.js';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import type { DecodeContext, Decoded } from '../spec.js';
import { argumentsOf, chatId, finishReasonOf, ledgerUsageOf, logprobOf, usageOf } from './read-answer.js';
import type { AnswerContent, AnswerMessage, ChatAnswer } from './wire.js';

/** Cohere's answer as a chat completion. @throws GatewayError when it is none, or an error */
export function decodeChat(body: Buffer, context: DecodeContext): Decoded {
  const answer = parse(body);
  const { message, usage, logprobs, finish_reason: told } = answer;
  if (!message) throw broken('The provider answered with something that is not a message.');
  const calls = callsOf(message, context);
  const choice = {
    index: 0,
    message: printable(message, calls),
    logprobs: logprobs ? { content: logprobs.map(logprobOf), refusal: null } : null,
    finish_reason: finishReasonOf(told, calls.length > 0),
  };
  const head = JSON.stringify({
    id: chatId(answer.id),
    object: 'chat.completion',
    created: context.created,
  });
  const tail = JSON.stringify({ choices: [choice], ...(usage && { usage: usageOf(usage) }) });
  const text = `${head.slice(0, -1)},"model":${context.model.toString()},${tail.slice(1)}`;
  return { body: Buffer.from(text), usage: usage ? ledgerUsageOf(usage) : undefined };
}

/** Cohere cannot be told to call one tool at a time: the client gets the first call. */
export function callsOneByOne({ request }: DecodeContext): boolean {
  return (request as ChatParameters).parallel_tool_calls === false;
}

function callsOf({ tool_calls: given }: AnswerMessage, context: DecodeContext): object[] {
  const calls = (given ?? []).map(({ id, function: { name, arguments: text } }) => ({
    id,
    type: 'function',
    function: { name, arguments: argumentsOf(text) },
  }));
  return callsOneByOne(context) ? calls.slice(0, 1) : calls;
}

/**
 * The plan stands with the thoughts: Cohere calls it a reflection before tools are called, no text for whoever asked,
 * and OpenAI's clients expect no content beside calls.
 */
function printable(message: AnswerMessage, calls: readonly object[]): object {
  const content = Array.isArray(message.content) ? (message.content as readonly AnswerContent[]) : [];
  const text = content.map(({ text: piece }) => piece ?? '').join('');
  const thoughts = content.map(({ thinking }) => thinking ?? '').join('') + (message.tool_plan ?? '');
  const { citations } = message;
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    refusal: null,
    ...(thoughts !== '' && { reasoning_content: thoughts }),
    ...(calls.length > 0 && { tool_calls: calls }),
    // OpenAI's annotations are of URLs, Cohere's sources of documents and tools: they stay as they are.
    ...(citations && citations.length > 0 && { citations }),
  };
}

function parse(body: Buffer): ChatAnswer {
  try {
    const value = JSON.parse(body.toString()) as ChatAnswer | null;
    if (value) return value;
  } catch {
    // What is no JSON is no answer either.
  }
  throw broken('The provider answered with something that is not JSON.');
}
