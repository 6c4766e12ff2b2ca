import { isObject, requireList } from '#contract';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import { readTool, readToolChoice } from '../openai-compatible/read-tools.js';
import type { OfferedTool, ToolWish } from '../openai-compatible/read-tools.js';
import type { Tool } from './wire.js';

export interface Tools {
  readonly tools?: readonly Tool[];
  readonly tool_choice?: 'REQUIRED' | 'NONE';
  readonly strict_tools?: true;
}

/** What Cohere calls a wish; undefined: it has no word for what it does anyway. */
const WORDS: Readonly<Record<ToolWish['kind'], Tools['tool_choice']>> = {
  auto: undefined,
  none: 'NONE',
  any: 'REQUIRED',
  tool: 'REQUIRED',
};

const TAKES_NOTHING = { type: 'object', properties: {} };

/** @throws GatewayError that names the tool, or the choice */
export function encodeTools(value: ChatParameters): Tools {
  const own = requireList(value.tools, 'tools').map((tool, index) => readTool(tool, `tools[${index}]`));
  const { kind, name, allowed } = readToolChoice(value.tool_choice ?? undefined);
  // Cohere cannot be told which tool to call: it is offered no other one.
  const named = name === undefined ? allowed : new Set<unknown>([name]);
  const offered = named ? own.filter((tool) => named.has(tool.name)) : own;
  if (offered.length === 0) return {};
  const word = WORDS[kind];
  return {
    tools: offered.map(encodeTool),
    ...(word && { tool_choice: word }),
    // One word for all tools: a model that is held to schemas takes none that does not want to be.
    ...(offered.every(isHeld) && { strict_tools: true }),
  };
}

function encodeTool({ name, description, parameters = TAKES_NOTHING }: OfferedTool): Tool {
  const called = { name, ...(description !== undefined && { description }), parameters };
  return { type: 'function', function: called };
}

/** Cohere is strict with tools only that cannot be called without anything. */
function isHeld({ isStrict, parameters }: OfferedTool): boolean {
  const required = isObject(parameters) ? parameters.required : undefined;
  return isStrict && Array.isArray(required) && required.length > 0;
}
