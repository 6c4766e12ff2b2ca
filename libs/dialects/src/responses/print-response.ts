import { isObject, NO_USAGE } from '#contract';
import type { Members, Usage } from '#contract';
import type { AnswerContext } from '../spec.js';
import {
  callItem,
  logprobsOf,
  messageItem,
  reasoningItem,
  refusalPart,
  textPart,
  thoughtOf,
} from './items.js';
import { endOf, itemId, responseOf } from './response.js';

/** A chat completion as OpenAI's response. */
export function printResponse(completion: Buffer, context: AnswerContext, usage: Usage = NO_USAGE): Buffer {
  const { choices } = JSON.parse(completion.toString()) as Members;
  const [choice = {}] = Array.isArray(choices) ? (choices as readonly Members[]) : [];
  const { status, reason } = endOf(choice.finish_reason);
  const output = itemsOf(choice, status, context);
  return Buffer.from(JSON.stringify(responseOf({ status, reason, output, usage }, context)));
}

function itemsOf(
  choice: Members,
  status: 'completed' | 'incomplete' | 'in_progress',
  context: AnswerContext,
): object[] {
  const message = isObject(choice.message) ? choice.message : {};
  const signed = Array.isArray(message.thinking_blocks) ? message.thinking_blocks.filter(isObject) : [];
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls.filter(isObject) : [];
  const thinking = thoughtOf(message);
  const parts = partsOf(message, logprobsOf(choice.logprobs));
  const output: object[] = [];
  if (thinking !== '' || signed.length > 0) {
    output.push(reasoningItem(itemId('rs', context, 0), thinking, signed));
  }
  if (parts.length > 0 || calls.length === 0) {
    const content = parts.length > 0 ? parts : [textPart('', [])];
    output.push(messageItem(itemId('msg', context, output.length), content, status));
  }
  for (const call of calls) {
    const { arguments: given } = isObject(call.function) ? call.function : {};
    const text = typeof given === 'string' ? given : '';
    output.push(callItem(itemId('fc', context, output.length), call, text, status));
  }
  return output;
}

function partsOf({ content, refusal }: Members, logprobs: readonly object[]): object[] {
  return [
    ...(typeof content === 'string' && content !== '' ? [textPart(content, logprobs)] : []),
    ...(typeof refusal === 'string' && refusal !== '' ? [refusalPart(refusal)] : []),
  ];
}
