import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import {
  invalid,
  isObject,
  requireList,
  requireObject,
  requireText,
  unsupported,
} from '../openai-compatible/chat-parameters.js';
import type { Tool } from './wire.js';

export interface Tools {
  readonly tools?: readonly Tool[];
  readonly tool_choice?: 'REQUIRED' | 'NONE';
  readonly strict_tools?: true;
}

interface Choice {
  readonly word?: 'REQUIRED' | 'NONE';
  /** The only tools that are offered; undefined: all. */
  readonly allowed?: ReadonlySet<unknown>;
}

const CHOICES: ReadonlyMap<unknown, Choice> = new Map<unknown, Choice>([
  [undefined, {}],
  ['auto', {}],
  ['none', { word: 'NONE' }],
  ['required', { word: 'REQUIRED' }],
]);

/** @throws GatewayError that names the tool, or the choice */
export function encodeTools(value: ChatParameters): Tools {
  const own = requireList(value.tools, 'tools').map((tool, index) => encodeTool(tool, `tools[${index}]`));
  const { word, allowed } = encodeChoice(value.tool_choice ?? undefined);
  const offered = allowed ? own.filter(({ tool }) => allowed.has(tool.function.name)) : own;
  if (offered.length === 0) return {};
  return {
    tools: offered.map(({ tool }) => tool),
    ...(word && { tool_choice: word }),
    // One word for all tools: a model that is held to schemas takes none that does not want to be.
    ...(offered.every(({ isStrict }) => isStrict) && { strict_tools: true }),
  };
}

function encodeTool(value: unknown, param: string): { tool: Tool; isStrict: boolean } {
  const tool = requireObject(value, param);
  if (tool.type !== 'function') {
    throw unsupported(`${param}.type`, `This model takes no tools of the type '${String(tool.type)}'.`);
  }
  const { name, description, parameters, strict } = requireObject(tool.function, `${param}.function`);
  const schema = parameters ?? { type: 'object', properties: {} };
  const called = {
    name: requireText(name, `${param}.function.name`),
    ...(typeof description === 'string' && { description }),
    parameters: schema,
  };
  return { tool: { type: 'function', function: called }, isStrict: strict === true && requiresAny(schema) };
}

/** Cohere is strict with tools only that cannot be called without anything. */
function requiresAny(schema: unknown): boolean {
  return isObject(schema) && Array.isArray(schema.required) && schema.required.length > 0;
}

/** Cohere cannot be told which tool to call: it is offered no other one. */
function encodeChoice(given: unknown): Choice {
  const choice = CHOICES.get(given);
  if (choice) return choice;
  if (!isObject(given)) throw invalid('tool_choice', "'tool_choice' must be none, auto, required or a tool.");
  if (given.type === 'function') {
    const { name } = requireObject(given.function, 'tool_choice.function');
    return { word: 'REQUIRED', allowed: new Set([requireText(name, 'tool_choice.function.name')]) };
  }
  if (given.type !== 'allowed_tools') {
    throw unsupported('tool_choice.type', `This model takes no choice of the type '${String(given.type)}'.`);
  }
  const { mode, tools } = requireObject(given.allowed_tools, 'tool_choice.allowed_tools');
  const named = requireList(tools, 'tool_choice.allowed_tools.tools').filter(isObject);
  const allowed = new Set(named.map((tool) => (isObject(tool.function) ? tool.function.name : undefined)));
  return mode === 'required' ? { word: 'REQUIRED', allowed } : { allowed };
}
