import { requireList, unsupported } from '#contract';
import type { AnswerForm } from '../claude/answer-form.js';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import { readTool, readToolChoice } from '../openai-compatible/read-tools.js';
import type { ToolWish } from '../openai-compatible/read-tools.js';
import { withPoint } from './encode-part.js';
import type { ModelTraits } from './model-traits.js';
import type { CachePointBlock, ToolChoice, ToolConfig, ToolSpec } from './wire.js';

export interface Tools {
  readonly toolConfig?: ToolConfig;
  /** Must the model call a tool? */
  readonly isForced: boolean;
  /** What is said in words, since Bedrock has no others for it. */
  readonly words?: string;
}

const NO_CALLS = 'Answer without calling a tool.';
const ANYTHING = { type: 'object', properties: {} };

type OfferedSpec = ToolSpec | CachePointBlock;

/**
 * @param called names of the tools that were called before: Bedrock takes no calls in a conversation without tools
 * @throws GatewayError that names the tool, or the choice
 */
export function encodeTools(
  value: ChatParameters,
  traits: ModelTraits,
  form: AnswerForm,
  called: ReadonlySet<string>,
): Tools {
  const wish = readToolChoice(value.tool_choice ?? undefined);
  const own = requireList(value.tools, 'tools').flatMap((tool, index) =>
    encodeTool(tool, `tools[${index}]`, traits, wish.allowed),
  );
  if (form.kind === 'tool') {
    const { name, description, schema } = form.tool;
    const answer = specOf(name, description, schema);
    const isAlone = own.length === 0 || wish.kind === 'none';
    return forced([...own, answer], isAlone ? { tool: { name } } : { any: {} });
  }
  const isSilent = own.length === 0 || wish.kind === 'none';
  if (isSilent && called.size === 0) return { isForced: false };
  if (isSilent) {
    const known = own.length > 0 ? own : [...called].map((name) => specOf(name, undefined, ANYTHING));
    return { toolConfig: { tools: known }, isForced: false, words: NO_CALLS };
  }
  if (wish.kind === 'any' || wish.kind === 'tool') {
    // Of models that nothing is known of Bedrock says itself whether they can.
    if (traits.claude && !traits.canBeForced) {
      throw unsupported(
        'tool_choice',
        "This model cannot be made to call a tool: 'tool_choice' may be auto or none.",
      );
    }
    return forced(own, choiceOf(wish));
  }
  return { toolConfig: { tools: own }, isForced: false };
}

function forced(tools: readonly OfferedSpec[], toolChoice: ToolChoice): Tools {
  return { toolConfig: { tools, toolChoice }, isForced: true };
}

function choiceOf({ kind, name }: ToolWish): ToolChoice {
  return kind === 'tool' && name !== undefined ? { tool: { name } } : { any: {} };
}

function encodeTool(
  value: unknown,
  param: string,
  traits: ModelTraits,
  allowed: ToolWish['allowed'],
): OfferedSpec[] {
  const { name, description, parameters, members } = readTool(value, param);
  if (allowed && !allowed.has(name)) return [];
  const mark = { ...members[0], ...members[1] };
  const spec = specOf(name, description, parameters ?? ANYTHING);
  return withPoint<OfferedSpec>([spec], mark, traits.cachePoints === 'everywhere');
}

function specOf(name: string, description: string | undefined, json: unknown): ToolSpec {
  return { toolSpec: { name, ...(description && { description }), inputSchema: { json } } };
}
