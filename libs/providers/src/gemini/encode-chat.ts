import type { ChatRequest, Target, WireRequest } from '#contract';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import { answerFormOf } from './answer-form.js';
import { encodeMessages, printTurns } from './encode-messages.js';
import { encodeParameters } from './encode-parameters.js';
import { encodeTools } from './encode-tools.js';
import { traitsOf } from './gemini-traits.js';

/** A chat as Gemini's `generateContent`. @throws GatewayError that names what Gemini cannot do */
export function encodeChat({ value }: WireRequest<ChatRequest>, { model }: Target): Buffer {
  const { tools, members, form, traits } = read(value as ChatParameters, model);
  const { system, turns } = encodeMessages(value.messages, traits);
  const said = form.kind === 'words' ? [...system, { text: form.words }] : system;
  const instruction = said.length > 0 ? `"systemInstruction":${JSON.stringify({ parts: said })},` : '';
  const rest = JSON.stringify({ ...tools, ...members }).slice(1);
  return Buffer.from(
    `{${instruction}"contents":${printTurns(turns, traits)}${rest === '}' ? '' : ','}${rest}`,
  );
}

/** Names of the parameters that are not passed on. @throws GatewayError as `encodeChat` */
export function droppedFromChat({ value }: WireRequest<ChatRequest>, { model }: Target): readonly string[] {
  return read(value as ChatParameters, model).dropped;
}

function read(value: ChatParameters, model: string) {
  const traits = traitsOf(model);
  const tools = encodeTools(value);
  const form = answerFormOf(value, traits, tools.tools !== undefined);
  return { traits, tools, form, ...encodeParameters(value, traits, form) };
}
