import { invalid, isObject, requireList, requireObject, requireText, unsupported } from '#contract';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import { fitSchema } from './fit-schema.js';
import type { FunctionCallingConfig, FunctionDeclaration } from './wire.js';

export interface Tools {
  readonly tools?: readonly { readonly functionDeclarations: readonly FunctionDeclaration[] }[];
  readonly toolConfig?: { readonly functionCallingConfig: FunctionCallingConfig };
}

const CHOICES: ReadonlyMap<unknown, FunctionCallingConfig> = new Map<unknown, FunctionCallingConfig>([
  [undefined, { mode: 'AUTO' }],
  ['auto', { mode: 'AUTO' }],
  ['none', { mode: 'NONE' }],
  ['required', { mode: 'ANY' }],
]);

/** @throws GatewayError that names the tool, or the choice */
export function encodeTools(value: ChatParameters): Tools {
  const own = requireList(value.tools, 'tools').map((tool, index) => encodeTool(tool, `tools[${index}]`));
  const { config, allowed } = encodeChoice(value.tool_choice ?? undefined);
  const offered = allowed ? own.filter(({ name }) => allowed.has(name)) : own;
  if (offered.length === 0) return {};
  const tools = [{ functionDeclarations: offered }];
  return value.tool_choice == null ? { tools } : { tools, toolConfig: { functionCallingConfig: config } };
}

function encodeTool(value: unknown, param: string): FunctionDeclaration {
  const tool = requireObject(value, param);
  if (tool.type !== 'function') {
    throw unsupported(`${param}.type`, `This model takes no tools of the type '${String(tool.type)}'.`);
  }
  const { name, description, parameters } = requireObject(tool.function, `${param}.function`);
  return {
    name: requireText(name, `${param}.function.name`),
    ...(typeof description === 'string' && { description }),
    ...(takesSomething(parameters) && { parametersJsonSchema: fitSchema(parameters) }),
  };
}

/** Google refuses an object without members: a function that takes nothing says nothing. */
function takesSomething(parameters: unknown): boolean {
  if (!isObject(parameters)) return false;
  const { type, properties, additionalProperties: others, ...rest } = parameters;
  const isEmpty = !isObject(properties) || Object.keys(properties).length === 0;
  const isSilent = Object.keys(rest).every((name) => name === '$schema' || name === 'required');
  return !(isEmpty && isSilent && (type === undefined || type === 'object') && (others ?? false) === false);
}

/** `allowed`: the only tools that are offered; undefined: all. */
function encodeChoice(given: unknown): { config: FunctionCallingConfig; allowed?: ReadonlySet<unknown> } {
  const word = CHOICES.get(given);
  if (word) return { config: word };
  if (!isObject(given)) throw invalid('tool_choice', "'tool_choice' must be none, auto, required or a tool.");
  if (given.type === 'function') {
    const { name } = requireObject(given.function, 'tool_choice.function');
    const names = [requireText(name, 'tool_choice.function.name')];
    return { config: { mode: 'ANY', allowedFunctionNames: names } };
  }
  if (given.type !== 'allowed_tools') {
    throw unsupported('tool_choice.type', `This model takes no choice of the type '${String(given.type)}'.`);
  }
  const { mode, tools } = requireObject(given.allowed_tools, 'tool_choice.allowed_tools');
  const named = requireList(tools, 'tool_choice.allowed_tools.tools').filter(isObject);
  const allowed = new Set(named.map((tool) => (isObject(tool.function) ? tool.function.name : undefined)));
  return { config: { mode: mode === 'required' ? 'ANY' : 'AUTO' }, allowed };
}
