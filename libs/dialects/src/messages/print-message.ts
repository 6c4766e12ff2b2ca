import { isObject, requireObject } from '#contract';
import type { Members } from '#contract';
import { thoughtIn } from '../read-completion.js';
import type { AnswerContext } from '../spec.js';
import { messageId, messageUsage, stopReasonOf } from './read-answer.js';

/** A chat completion as Anthropic's message. */
export function printMessage(completion: Buffer, { model, requestId }: AnswerContext): Buffer {
  const { choices, usage } = JSON.parse(completion.toString()) as Members;
  const [choice = {}] = Array.isArray(choices) ? (choices as readonly Members[]) : [];
  const message = isObject(choice.message) ? choice.message : {};
  const calls = Array.isArray(message.tool_calls) ? (message.tool_calls as readonly Members[]) : [];
  const isRefused = typeof message.refusal === 'string' && message.refusal !== '';
  const blocks = [...thoughtsIn(message), ...textsIn(message), ...calls.map(printCall)];
  const head = JSON.stringify({ id: messageId(requestId), type: 'message', role: 'assistant' });
  const tail = JSON.stringify({
    stop_reason: isRefused ? 'refusal' : stopReasonOf(choice.finish_reason, calls.length > 0),
    stop_sequence: null,
    usage: messageUsage(usage),
  });
  const body = `${head.slice(0, -1)},"model":${model.toString()},"content":[${blocks.join(',')}],${tail.slice(1)}`;
  return Buffer.from(body);
}

function thoughtsIn(message: Members): string[] {
  const { thinking_blocks: signed } = message;
  if (Array.isArray(signed) && signed.length > 0) return signed.map((block) => JSON.stringify(block));
  const thinking = thoughtIn(message);
  return thinking === '' ? [] : [JSON.stringify({ type: 'thinking', thinking, signature: '' })];
}

function textsIn({ content, refusal }: Members): string[] {
  const texts = [content, refusal].filter((text) => typeof text === 'string' && text !== '');
  return texts.map((text) => JSON.stringify({ type: 'text', text }));
}

/** The arguments stay the text they are: parsing loses digits. */
function printCall(call: Members): string {
  const { name, arguments: given } = requireObject(call.function, 'function');
  const head = JSON.stringify({ type: 'tool_use', id: call.id, name });
  return `${head.slice(0, -1)},"input":${inputOf(given)}}`;
}

/** An input is an object; what a model wrote in its place is not lost. */
function inputOf(given: unknown): string {
  const text = typeof given === 'string' ? given.trim() : '';
  if (text === '') return '{}';
  try {
    if (isObject(JSON.parse(text))) return text;
  } catch {
    // What is no JSON is shown as the text it is.
  }
  return JSON.stringify({ invalid_json: text });
}
