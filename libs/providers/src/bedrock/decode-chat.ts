import { JsonMembers, isObject, objectSpans, readUsage } from '#contract';
import { gatherBlocks, messageOf } from '../claude/gather-blocks.js';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import { broken } from '../openai-compatible/decode-stream.js';
import type { DecodeContext, Decoded } from '../spec.js';
import { formOf } from './encode-chat.js';
import { blockOf, chatId, finishReasonOf, isSingle, usageOf } from './read-answer.js';
import type { AnswerContent, ConverseAnswer } from './wire.js';

/** Where the blocks of an answer stand, and in them the inputs of tools. */
const PATH = ['output', 'message', 'content'].map((name) => [name, new JsonMembers([name])] as const);
const INPUT = ['toolUse', 'input'].map((name) => [name, new JsonMembers([name])] as const);

/** Bedrock's answer as a chat completion. @throws GatewayError when it is none */
export function decodeChat(body: Buffer, context: DecodeContext): Decoded {
  const { output, stopReason, usage, serviceTier } = parse(body);
  const content = output?.message?.content;
  if (!Array.isArray(content)) throw broken('The provider answered with something that is not a message.');
  const blocks = content.filter(isObject).map((block) => blockOf(block as AnswerContent));
  const gathered = gatherBlocks(blocks, inputsIn(body), answerTool(context));
  if (isSingle(context)) gathered.calls.splice(1);
  const told = usage ? usageOf(usage) : undefined;
  const choice = {
    index: 0,
    message: messageOf(gathered, null),
    logprobs: null,
    finish_reason: finishReasonOf(stopReason, gathered.calls.length > 0),
  };
  const head = JSON.stringify({ id: chatId(context), object: 'chat.completion', created: context.created });
  const tail = JSON.stringify({
    choices: [choice],
    ...(told && { usage: told }),
    ...(serviceTier?.type !== undefined && { service_tier: serviceTier.type }),
  });
  const text = `${head.slice(0, -1)},"model":${context.model.toString()},${tail.slice(1)}`;
  return { body: Buffer.from(text), usage: readUsage(told) };
}

/** Name of the tool whose input is the answer; undefined: there is none. */
export function answerTool({ request, target }: DecodeContext): string | undefined {
  const form = formOf(request as ChatParameters, target.model);
  return form.kind === 'tool' ? form.tool.name : undefined;
}

/** The inputs of tools as they stand in the text: parsing loses the digits that JavaScript's numbers cannot hold. */
function inputsIn(body: Buffer): (string | undefined)[] {
  const [start, end] = follow(body, PATH, 0, body.length);
  return objectSpans(body, start, end).map((block) => {
    const [from, to] = follow(body, INPUT, block.start, block.end);
    return from < 0 ? undefined : body.toString('utf8', from, to);
  });
}

/** Where the last of the members stands; -1: nowhere. */
function follow(body: Buffer, path: typeof PATH, start: number, end: number): readonly [number, number] {
  let span: readonly [number, number] = [start, end];
  for (const [name, members] of path) {
    if (span[0] < 0) return span;
    members.read(body, ...span);
    span = [members.start(name), members.end(name)];
  }
  return span;
}

function parse(body: Buffer): ConverseAnswer {
  try {
    const value = JSON.parse(body.toString()) as ConverseAnswer | null;
    if (isObject(value)) return value;
  } catch {
    // What is no JSON is no answer either.
  }
  throw broken('The provider answered with something that is not JSON.');
}
