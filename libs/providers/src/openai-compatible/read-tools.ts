import {
  invalid,
  isObject,
  requireList,
  requireObject,
  requireText,
  unsupported,
} from './chat-parameters.js';
import type { ChatMessageMembers } from './chat-parameters.js';

/** A function that is offered to the model. */
export interface OfferedTool {
  readonly name: string;
  readonly description?: string;
  /** Undefined: the client says nothing of what it takes. */
  readonly parameters?: unknown;
  readonly isStrict: boolean;
  /** The tool, and its function, for what is a provider's own in them. */
  readonly members: readonly [ChatMessageMembers, ChatMessageMembers];
}

/** @throws GatewayError that names what of the tool the model cannot take */
export function readTool(value: unknown, param: string): OfferedTool {
  const tool = requireObject(value, param);
  if (tool.type !== 'function') {
    throw unsupported(`${param}.type`, `This model takes no tools of the type '${String(tool.type)}'.`);
  }
  const called = requireObject(tool.function, `${param}.function`);
  const { name, description, parameters, strict } = called;
  return {
    name: requireText(name, `${param}.function.name`),
    ...(typeof description === 'string' && { description }),
    parameters: parameters ?? undefined,
    isStrict: strict === true,
    members: [called, tool],
  };
}

/** Whether the model must call a tool, and which. */
export interface ToolWish {
  readonly kind: 'auto' | 'none' | 'any' | 'tool';
  /** Of the one tool. */
  readonly name?: string;
  /** The only tools that are offered; undefined: all. */
  readonly allowed?: ReadonlySet<unknown>;
}

const WISHES: ReadonlyMap<unknown, ToolWish> = new Map<unknown, ToolWish>([
  [undefined, { kind: 'auto' }],
  ['auto', { kind: 'auto' }],
  ['none', { kind: 'none' }],
  ['required', { kind: 'any' }],
]);

/** OpenAI's `tool_choice`. @throws GatewayError */
export function readToolChoice(given: unknown): ToolWish {
  const word = WISHES.get(given);
  if (word) return word;
  if (!isObject(given)) throw invalid('tool_choice', "'tool_choice' must be none, auto, required or a tool.");
  if (given.type === 'function') {
    const { name } = requireObject(given.function, 'tool_choice.function');
    return { kind: 'tool', name: requireText(name, 'tool_choice.function.name') };
  }
  if (given.type !== 'allowed_tools') {
    throw unsupported('tool_choice.type', `This model takes no choice of the type '${String(given.type)}'.`);
  }
  const { mode, tools } = requireObject(given.allowed_tools, 'tool_choice.allowed_tools');
  const named = requireList(tools, 'tool_choice.allowed_tools.tools').filter(isObject);
  const allowed = new Set(named.map((tool) => (isObject(tool.function) ? tool.function.name : undefined)));
  return { kind: mode === 'required' ? 'any' : 'auto', allowed };
}

/** A call that the model made, in a message that comes back. */
export interface MadeCall {
  readonly id: string;
  readonly name: string;
  /** JSON text of an object: numbers that JavaScript cannot hold stay as they are. */
  readonly input: string;
}

/** @throws GatewayError that names what of the call is none */
export function readCall(value: unknown, param: string): MadeCall {
  const call = requireObject(value, param);
  if ((call.type ?? 'function') !== 'function') {
    throw unsupported(`${param}.type`, 'This model calls functions only.');
  }
  const { name, arguments: given } = requireObject(call.function, `${param}.function`);
  return {
    id: requireText(call.id, `${param}.id`),
    name: requireText(name, `${param}.function.name`),
    input: inputOf(given, `${param}.function.arguments`),
  };
}

/** A call without arguments may come with an empty text. */
function inputOf(given: unknown, param: string): string {
  const text = requireText(given ?? '', param).trim();
  if (text === '') return '{}';
  if (!isObjectText(text)) throw invalid(param, `'${param}' must be the text of a JSON object.`);
  return text;
}

export function isObjectText(text: string): boolean {
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
}
