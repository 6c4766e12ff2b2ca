import { isObject, requireList } from '#contract';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import { readTool, readToolChoice } from '../openai-compatible/read-tools.js';
import { fitSchema } from './fit-schema.js';
import type { FunctionCallingConfig, FunctionDeclaration } from './wire.js';

export interface Tools {
  readonly tools?: readonly { readonly functionDeclarations: readonly FunctionDeclaration[] }[];
  readonly toolConfig?: { readonly functionCallingConfig: FunctionCallingConfig };
}

const MODES = { auto: 'AUTO', none: 'NONE', any: 'ANY', tool: 'ANY' } as const;

/** @throws GatewayError that names the tool, or the choice */
export function encodeTools(value: ChatParameters): Tools {
  const own = requireList(value.tools, 'tools').map((tool, index) => encodeTool(tool, `tools[${index}]`));
  const { kind, name, allowed } = readToolChoice(value.tool_choice ?? undefined);
  const offered = allowed ? own.filter((tool) => allowed.has(tool.name)) : own;
  if (offered.length === 0) return {};
  const tools = [{ functionDeclarations: offered }];
  const config = { mode: MODES[kind], ...(name !== undefined && { allowedFunctionNames: [name] }) };
  return value.tool_choice == null ? { tools } : { tools, toolConfig: { functionCallingConfig: config } };
}

function encodeTool(value: unknown, param: string): FunctionDeclaration {
  const { name, description, parameters } = readTool(value, param);
  return {
    name,
    ...(description !== undefined && { description }),
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
