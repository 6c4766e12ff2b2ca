import { isObject, requireList, requireObject, requireText, unsupported } from '#contract';
import type { Members } from '#contract';
import { readCall } from '../openai-compatible/read-tools.js';
import type { CommandTraits } from './command-traits.js';
import { encodeContent, RESULT_PARTS, textOf, TEXTS, USER_PARTS } from './encode-part.js';
import type { Message, Part, ToolCall } from './wire.js';

/** Undefined: the message says nothing. */
type Encode = (message: Members, param: string, traits: CommandTraits) => Message | undefined;

const encodeSystem: Encode = ({ content }, param) => {
  const said = encodeContent(content, `${param}.content`, TEXTS);
  return said.length > 0 ? { role: 'system', content: said } : undefined;
};

const encodeUser: Encode = ({ content }, param) => ({
  role: 'user',
  content: encodeContent(content, `${param}.content`, USER_PARTS),
});

const encodeResult: Encode = ({ content, tool_call_id: id }, param) => ({
  role: 'tool',
  tool_call_id: requireText(id, `${param}.tool_call_id`),
  content: encodeContent(content, `${param}.content`, RESULT_PARTS),
});

const ROLES: ReadonlyMap<unknown, Encode> = new Map<unknown, Encode>([
  ['system', encodeSystem],
  ['developer', encodeSystem],
  ['user', encodeUser],
  ['assistant', encodeAssistant],
  ['tool', encodeResult],
]);

/** @throws GatewayError that names the message, or the part of it, that cannot be said */
export function encodeMessages(messages: readonly unknown[], traits: CommandTraits): Message[] {
  const encoded = messages.flatMap((value, index) => {
    const param = `messages[${index}]`;
    const message = requireObject(value, param);
    const encode = ROLES.get(message.role);
    if (!encode) throw unsupported(`${param}.role`, `This model knows no role '${String(message.role)}'.`);
    return encode(message, param, traits) ?? [];
  });
  // Cohere answers no chat in which nobody but the system speaks; OpenAI does.
  const isSilent = encoded.every(({ role }) => role === 'system');
  return isSilent ? encoded.map((message) => ({ ...message, role: 'user' })) : encoded;
}

/**
 * What a model thinks before it calls tools is its `tool_plan`, and text that stands beside calls is the same to
 * Cohere, which takes no content there. A model that reasons has its thoughts back as such.
 */
function encodeAssistant(message: Members, param: string, { reasons }: CommandTraits): Message | undefined {
  if (message.audio) throw unsupported(`${param}.audio`, 'This model does not speak.');
  if (message.function_call) {
    throw unsupported(`${param}.function_call`, 'Use tool_calls in place of function_call.');
  }
  const text = textOf(message.content, `${param}.content`) + textOf(message.refusal, `${param}.refusal`);
  const thoughts = typeof message.reasoning_content === 'string' ? message.reasoning_content : '';
  const thinking: Part[] = reasons && thoughts !== '' ? [{ type: 'thinking', thinking: thoughts }] : [];
  const calls = requireList(message.tool_calls, `${param}.tool_calls`).map((call, index) =>
    encodeCall(call, `${param}.tool_calls[${index}]`),
  );
  const citations = citationsOf(message.citations);
  if (calls.length > 0) {
    const plan = [reasons ? '' : thoughts, text].filter((words) => words !== '').join('\n');
    return {
      role: 'assistant',
      ...(thinking.length > 0 && { content: thinking }),
      ...(plan !== '' && { tool_plan: plan }),
      tool_calls: calls,
      ...citations,
    };
  }
  // Cohere refuses an assistant that has said nothing.
  if (text === '') return undefined;
  const said: Part[] = [...thinking, { type: 'text', text }];
  return { role: 'assistant', content: thinking.length > 0 ? said : text, ...citations };
}

function encodeCall(value: unknown, param: string): ToolCall {
  const { id, name, input } = readCall(value, param);
  return { id, type: 'function', function: { name, arguments: input } };
}

/** Citations as this adapter gave them, without the index that a stream's have. Other providers' are of another kind. */
function citationsOf(given: unknown): Pick<Message, 'citations'> {
  const own = (Array.isArray(given) ? given : []).filter(isObject).filter(({ sources }) => sources);
  const citations = own.map((citation) =>
    Object.fromEntries(Object.entries(citation).filter(([name]) => name !== 'index')),
  );
  return citations.length > 0 ? { citations } : {};
}
