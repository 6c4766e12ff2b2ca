import type { Capabilities, Modality } from '#contract';

/**
 * What upstream models can, by their makers' names: from memory, as of October 2025, and of few models. Check what you
 * rely on; what an operator says of a model stands before it. A name that is not here is not known.
 */
type Row = readonly [
  names: string,
  contextWindow: number,
  maxOutputTokens: number | undefined,
  input: string,
  can: string,
];

const ALL = 'tools structured reasoning';
const TOOLS = 'tools structured';

const ROWS: readonly Row[] = [
  ['gpt-5 gpt-5-mini gpt-5-nano gpt-5-codex gpt-5.1', 400_000, 128_000, 'text image', ALL],
  ['gpt-4.1 gpt-4.1-mini gpt-4.1-nano', 1_047_576, 32_768, 'text image', TOOLS],
  ['gpt-4o gpt-4o-mini', 128_000, 16_384, 'text image', TOOLS],
  ['gpt-4-turbo', 128_000, 4_096, 'text image', 'tools'],
  ['gpt-4', 8_192, 8_192, 'text', 'tools'],
  ['gpt-3.5-turbo', 16_385, 4_096, 'text', 'tools'],
  ['o1 o3 o3-pro', 200_000, 100_000, 'text image', ALL],
  ['o4-mini', 200_000, 100_000, 'text image', ALL],
  ['o3-mini', 200_000, 100_000, 'text', ALL],
  ['claude-opus-4-1 claude-opus-4', 200_000, 32_000, 'text image file', ALL],
  ['claude-sonnet-4', 200_000, 64_000, 'text image file', ALL],
  ['claude-sonnet-4-5 claude-haiku-4-5', 200_000, 64_000, 'text image file', ALL],
  ['claude-3-7-sonnet', 200_000, 64_000, 'text image file', ALL],
  ['claude-3-5-sonnet claude-3-5-haiku', 200_000, 8_192, 'text image file', TOOLS],
  ['claude-3-opus claude-3-haiku', 200_000, 4_096, 'text image', 'tools'],
  [
    'gemini-2.5-pro gemini-2.5-flash gemini-2.5-flash-lite',
    1_048_576,
    65_536,
    'text image audio video file',
    ALL,
  ],
  ['gemini-2.0-flash gemini-2.0-flash-lite', 1_048_576, 8_192, 'text image audio video file', TOOLS],
  ['gemini-1.5-pro', 2_097_152, 8_192, 'text image audio video file', TOOLS],
  ['gemini-1.5-flash', 1_048_576, 8_192, 'text image audio video file', TOOLS],
  ['mistral-large mistral-medium mistral-small', 128_000, undefined, 'text image', TOOLS],
  ['deepseek-chat', 128_000, 8_192, 'text', 'tools'],
  ['llama-3.1-8b-instant llama-3.3-70b-versatile', 131_072, undefined, 'text', 'tools'],
  ['gpt-oss-20b gpt-oss-120b', 131_072, undefined, 'text', ALL],
  ['grok-4', 256_000, undefined, 'text image', ALL],
  ['grok-3 grok-3-mini', 131_072, undefined, 'text', TOOLS],
];

const KNOWN: ReadonlyMap<string, Capabilities> = new Map(
  ROWS.flatMap(([names, window, most, input, can]) => {
    const known: Capabilities = {
      context_window: window,
      ...(most !== undefined && { max_output_tokens: most }),
      modalities: { input: input.split(' ') as Modality[], output: ['text'] },
      tools: can.includes('tools'),
      structured_output: can.includes('structured'),
      reasoning: can.includes('reasoning'),
    };
    return names.split(' ').map((name) => [name, known] as const);
  }),
);

/** What stands behind the name of a model for one of its versions. */
const VERSION = /[-@](?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4}|\d{3}|latest)$/;

/** What is known of an upstream's model, a version of one (`gpt-4o-2024-11-20`), or one that a host has (`openai/gpt-4o`). */
export function findKnownModel(name: string): Capabilities | undefined {
  const own = name.slice(name.lastIndexOf('/') + 1);
  return KNOWN.get(own) ?? KNOWN.get(own.replace(VERSION, ''));
}
