import type { ChatRequest, Target, WireRequest } from '#contract';
import { answerFormOf } from '../claude/answer-form.js';
import type { AnswerForm } from '../claude/answer-form.js';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import { encodeMessages, printTurns } from './encode-messages.js';
import { encodeParameters } from './encode-parameters.js';
import { encodeTools } from './encode-tools.js';
import { traitsOf } from './model-traits.js';

/** A chat as Bedrock's `POST /model/{id}/converse`. @throws GatewayError that names what Bedrock cannot do */
export function encodeChat({ value }: WireRequest<ChatRequest>, { model }: Target): Buffer {
  const { tools, members, form, conversation } = read(value as ChatParameters, model);
  const { system, turns } = conversation;
  const words = [form.kind === 'words' ? form.words : undefined, tools.words].filter(
    (text) => text !== undefined,
  );
  const said = [...system, ...words.map((text) => ({ text }))];
  const rest = JSON.stringify({
    ...(said.length > 0 && { system: said }),
    ...members,
    ...(tools.toolConfig && { toolConfig: tools.toolConfig }),
  });
  const head = rest === '{}' ? '{' : `${rest.slice(0, -1)},`;
  return Buffer.from(`${head}"messages":${printTurns(turns)}}`);
}

/** Names of the parameters that are not passed on. @throws GatewayError as `encodeChat` */
export function droppedFromChat({ value }: WireRequest<ChatRequest>, { model }: Target): readonly string[] {
  return read(value as ChatParameters, model).dropped;
}

/** How the model is held to the form that a client asked for: by a tool that it must call, or in words. */
export function formOf(value: ChatParameters, model: string): AnswerForm {
  return answerFormOf(value, { fit: () => undefined, canBeForced: traitsOf(model).canBeForced });
}

function read(value: ChatParameters, model: string) {
  const traits = traitsOf(model);
  const form = formOf(value, model);
  const conversation = encodeMessages(value.messages, traits);
  const tools = encodeTools(value, traits, form, conversation.called);
  return { conversation, tools, form, ...encodeParameters(value, traits, tools.isForced) };
}
