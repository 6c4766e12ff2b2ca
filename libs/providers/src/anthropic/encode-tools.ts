import { invalid, isObject, requireList, requireObject, requireText, unsupported } from '#contract';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import type { AnswerForm } from './answer-form.js';
import type { ClaudeTraits } from './claude-traits.js';
import { markOf } from './encode-part.js';
import { fitSchema } from './fit-schema.js';
import type { Tool, ToolChoice } from './wire.js';

export interface Tools {
  readonly tools?: readonly Tool[];
  readonly tool_choice?: ToolChoice;
}

const CHOICES: ReadonlyMap<unknown, ToolChoice> = new Map<unknown, ToolChoice>([
  [undefined, { type: 'auto' }],
  ['auto', { type: 'auto' }],
  ['none', { type: 'none' }],
  ['required', { type: 'any' }],
]);

/** @throws GatewayError that names the tool, or the choice */
export function encodeTools(value: ChatParameters, traits: ClaudeTraits, form: AnswerForm): Tools {
  const own = requireList(value.tools, 'tools').map((tool, index) =>
    encodeTool(tool, `tools[${index}]`, traits),
  );
  const { choice, allowed } = encodeChoice(value.tool_choice ?? undefined);
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
function withAnswer(own: readonly Tool[], choice: ToolChoice, tool: Tool): Tools {
  if (own.length === 0 || choice.type === 'none') {
    return { tools: [...own, tool], tool_choice: { type: 'tool', name: tool.name } };
  }
  return { tools: [...own, tool], tool_choice: { type: 'any', disable_parallel_tool_use: true } };
}

function encodeTool(value: unknown, param: string, traits: ClaudeTraits): Tool {
  const tool = requireObject(value, param);
  if (tool.type !== 'function') {
    throw unsupported(`${param}.type`, `This model takes no tools of the type '${String(tool.type)}'.`);
  }
  const { name, description, parameters, strict, ...rest } = requireObject(
    tool.function,
    `${param}.function`,
  );
  const schema = parameters ?? { type: 'object', properties: {} };
  // What the model cannot be held to is still what it is asked for.
  const held = strict === true && traits.takesSchemas ? fitSchema(schema) : undefined;
  return {
    name: requireText(name, `${param}.function.name`),
    ...(typeof description === 'string' && { description }),
    input_schema: held ?? schema,
    ...(held && { strict: true }),
    ...markOf(rest),
    ...markOf(tool),
  };
}

/** `allowed`: the only tools that are offered; undefined: all. */
function encodeChoice(given: unknown): { choice: ToolChoice; allowed?: ReadonlySet<unknown> } {
  const word = CHOICES.get(given);
  if (word) return { choice: word };
  if (!isObject(given)) throw invalid('tool_choice', "'tool_choice' must be none, auto, required or a tool.");
  if (given.type === 'function') {
    const { name } = requireObject(given.function, 'tool_choice.function');
    return { choice: { type: 'tool', name: requireText(name, 'tool_choice.function.name') } };
  }
  if (given.type !== 'allowed_tools') {
    throw unsupported('tool_choice.type', `This model takes no choice of the type '${String(given.type)}'.`);
  }
  const { mode, tools } = requireObject(given.allowed_tools, 'tool_choice.allowed_tools');
  const named = requireList(tools, 'tool_choice.allowed_tools.tools').filter(isObject);
  const allowed = new Set(named.map((tool) => (isObject(tool.function) ? tool.function.name : undefined)));
  return { choice: { type: mode === 'required' ? 'any' : 'auto' }, allowed };
}
