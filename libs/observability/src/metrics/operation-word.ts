/** Operations that OpenTelemetry's conventions have a word of their own for. */
const WORDS: Readonly<Record<string, string>> = { completions: 'text_completion' };

/** An operation as `gen_ai.operation.name`. */
export function operationWord(operation: string): string {
  return WORDS[operation] ?? operation;
}
