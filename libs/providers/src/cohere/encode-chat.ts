import type { ChatRequest, Target, WireRequest } from '#contract';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import { answerFormOf } from './answer-form.js';
import { traitsOf } from './command-traits.js';
import { encodeMessages } from './encode-messages.js';
import { encodeParameters } from './encode-parameters.js';
import { encodeTools } from './encode-tools.js';
import type { Message } from './wire.js';

/** A chat as Cohere's `POST /v2/chat`. @throws GatewayError that names what Cohere cannot do */
export function encodeChat({ value }: WireRequest<ChatRequest>, { model }: Target): Buffer {
  const { traits, tools, form, members } = read(value as ChatParameters, model);
  const said = encodeMessages(value.messages, traits);
  const told: Message[] = form.kind === 'words' ? [{ role: 'system', content: form.words }] : [];
  const head = { model, stream: value.stream === true, messages: [...told, ...said] };
  return Buffer.from(JSON.stringify({ ...head, ...tools, ...members }));
}

/** Names of the parameters that are not passed on. @throws GatewayError as `encodeChat` */
export function droppedFromChat({ value }: WireRequest<ChatRequest>, { model }: Target): readonly string[] {
  return read(value as ChatParameters, model).dropped;
}

function read(value: ChatParameters, model: string) {
  const traits = traitsOf(model);
  const tools = encodeTools(value);
  const form = answerFormOf(value, tools.tools !== undefined);
  return { traits, tools, form, ...encodeParameters(value, traits, form) };
}
