import { requireList, unsupported } from '#contract';
import type { AnswerForm, AnswerTool } from '../claude/answer-form.js';
import type { ClaudeTraits } from '../claude/claude-traits.js';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import { readTool, readToolChoice } from '../openai-compatible/read-tools.js';
import { markOf } from './encode-part.js';
import { fitSchema } from './fit-schema.js';
import type { Tool, ToolChoice } from './wire.js';

export interface Tools {
  readonly tools?: readonly Tool[];
  readonly tool_choice?: ToolChoice;
}

/** @throws GatewayError that names the tool, or the choice */
export function encodeTools(value: ChatParameters, traits: ClaudeTraits, form: AnswerForm): Tools {
  const own = requireList(value.tools, 'tools').map((tool, index) =>
    encodeTool(tool, `tools[${index}]`, traits),
  );
  const { kind, allowed, ...named } = readToolChoice(value.tool_choice ?? undefined);
  const choice: ToolChoice = { type: kind, ...named };
  const offered = allowed ? own.filter(({ name }) => allowed.has(name)) : own;
  if (form.kind === 'tool') return withAnswer(offered, choice, form.tool);
  if (offered.length === 0) return {};
  if (isForced(choice) && !traits.canBeForced) {
    throw unsupported(
      'tool_choice',
      "This model cannot be made to call a tool: 'tool_choice' may be auto or none.",
    );
  }
  const isSingle = value.parallel_tool_calls === false && choice.type !== 'none';
  if (isSingle) return { tools: offered, tool_choice: { ...choice, disable_parallel_tool_use: true } };
  return value.tool_choice == null ? { tools: offered } : { tools: offered, tool_choice: choice };
}

/** Must the model call a tool? */
export function isForced({ type }: ToolChoice): boolean {
  return type === 'any' || type === 'tool';
}

/** The answer is a call: of the tool that stands for it, or of one of the client's. */
function withAnswer(own: readonly Tool[], choice: ToolChoice, { schema, ...named }: AnswerTool): Tools {
  const tools = [...own, { ...named, input_schema: schema }];
  if (own.length === 0 || choice.type === 'none') {
    return { tools, tool_choice: { type: 'tool', name: named.name } };
  }
  return { tools, tool_choice: { type: 'any', disable_parallel_tool_use: true } };
}

function encodeTool(value: unknown, param: string, traits: ClaudeTraits): Tool {
  const { name, description, parameters, isStrict, members } = readTool(value, param);
  const schema = parameters ?? { type: 'object', properties: {} };
  // What the model cannot be held to is still what it is asked for.
  const held = isStrict && traits.takesSchemas ? fitSchema(schema) : undefined;
  return {
    name,
    ...(description !== undefined && { description }),
    input_schema: held ?? schema,
    ...(held && { strict: true }),
    ...markOf(members[0]),
    ...markOf(members[1]),
  };
}
