import type { ChatRequest, Target, WireRequest } from '#contract';
import { traitsOf } from '../claude/claude-traits.js';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import { encodeMessages, printTurns } from './encode-messages.js';
import { encodeParameters } from './encode-parameters.js';
import { encodeTools, isForced } from './encode-tools.js';
import { formOf } from './form-of.js';

/**
 * A chat as Anthropic's `POST /v1/messages`.
 * @param head what stands first: where the address names the model, something else than its name
 * @throws GatewayError that names what Anthropic cannot do
 */
export function encodeChat(
  { value }: WireRequest<ChatRequest>,
  { model }: Target,
  head: object = { model },
): Buffer {
  const { tools, members, form } = read(value as ChatParameters, model);
  const { system, turns } = encodeMessages(value.messages);
  const said = form.kind === 'words' ? [...system, { type: 'text', text: form.words }] : system;
  const rest = { ...head, ...members, ...(said.length > 0 && { system: said }), ...tools };
  return Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"messages":${printTurns(turns)}}`);
}

/** Names of the parameters that are not passed on. @throws GatewayError as `encodeChat` */
export function droppedFromChat({ value }: WireRequest<ChatRequest>, { model }: Target): readonly string[] {
  return read(value as ChatParameters, model).dropped;
}

function read(value: ChatParameters, model: string) {
  const traits = traitsOf(model);
  const form = formOf(value, model);
  const tools = encodeTools(value, traits, form);
  const forced = tools.tool_choice !== undefined && isForced(tools.tool_choice);
  return { tools, form, ...encodeParameters(value, traits, form, forced) };
}
