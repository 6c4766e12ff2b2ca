import { isObject } from '#contract';
import { encodeThinking } from '../claude/encode-thinking.js';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import type { ModelTraits } from './model-traits.js';

/** How the model is told to think: fields that are its own, which Bedrock passes on. */
export interface Reasoning {
  readonly fields: Readonly<Record<string, unknown>>;
  /** The least that must be room for, where nobody gave a limit: a budget is part of it. */
  readonly maxTokens?: number;
  /** Does it think, so far as it is known? */
  readonly thinks: boolean;
  /** Is nothing said of an effort that was asked for? */
  readonly isDropped: boolean;
}

const NOTHING: Reasoning = { fields: {}, thinks: false, isDropped: false };

const NOVAS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'high'],
  ['max', 'high'],
]);

/** Nova thinks hardest only where it is not limited. */
const LIMITS = ['max_completion_tokens', 'max_tokens', 'temperature', 'top_p'];

/** `reasoning_effort`, and for Claude its own `thinking`. @param isForced must it call a tool? */
export function encodeReasoning(value: ChatParameters, traits: ModelTraits, isForced: boolean): Reasoning {
  const { reasoning_effort: wanted } = value;
  if (traits.claude) return encodeClaude(value, traits.claude, isForced);
  if (wanted === undefined || wanted === null) return NOTHING;
  const effort = NOVAS.get(wanted);
  if (traits.reasoning === 'effort' && effort !== undefined) {
    return { ...NOTHING, fields: { reasoning_effort: effort }, thinks: true };
  }
  if (wanted === 'none') return NOTHING;
  if (traits.reasoning === 'nova' && effort !== undefined) {
    const isLimited = LIMITS.some((name) => typeof value[name] === 'number');
    const reasoningConfig = {
      type: 'enabled',
      maxReasoningEffort: effort === 'high' && isLimited ? 'medium' : effort,
    };
    return { ...NOTHING, fields: { reasoningConfig } };
  }
  return { ...NOTHING, isDropped: true };
}

function encodeClaude(
  value: ChatParameters,
  claude: NonNullable<ModelTraits['claude']>,
  isForced: boolean,
): Reasoning {
  const limit = value.max_completion_tokens ?? value.max_tokens ?? claude.maxTokens;
  const { thinking, effort, isDropped } = encodeThinking(value, claude, limit, isForced);
  const config = {
    ...(effort !== undefined && { effort }),
    ...(isObject(value.output_config) && value.output_config),
  };
  const hasBudget = isObject(thinking) && thinking.budget_tokens !== undefined;
  return {
    fields: {
      ...(thinking !== undefined && { thinking }),
      ...(Object.keys(config).length > 0 && { output_config: config }),
    },
    ...(hasBudget && { maxTokens: claude.maxTokens }),
    thinks: isObject(thinking) && thinking.type !== 'disabled',
    isDropped,
  };
}
