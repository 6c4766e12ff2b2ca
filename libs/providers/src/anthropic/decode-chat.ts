import { JsonMembers, objectSpans, readUsage } from '#contract';
import { gatherBlocks, messageOf } from '../claude/gather-blocks.js';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import { broken } from '../openai-compatible/decode-stream.js';
import type { DecodeContext, Decoded } from '../spec.js';
import { decodeEmbeddedError } from './decode-error.js';
import { formOf } from './form-of.js';
import { chatId, finishReasonOf, usageOf } from './read-answer.js';
import type { Message } from './wire.js';

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
  const { content, usage, stop_reason: stopReason, stop_details: details } = message;
  if (!Array.isArray(content)) throw broken('The provider answered with something that is not a message.');
  const gathered = gatherBlocks(content, inputsIn(body), answerTool(context));
  const told = usage ? usageOf(usage) : undefined;
  const choice = {
    index: 0,
    message: messageOf(gathered, details?.explanation ?? null),
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
  const form = formOf(request as ChatParameters, target.model);
  return form.kind === 'tool' ? form.tool.name : undefined;
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
