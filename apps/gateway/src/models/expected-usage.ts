import type { OperationName } from '#contract';
import type { ExpectedUsage } from '#routing';
import type { RoutedCall } from './router.js';

const BYTES_A_TOKEN = 4;
/** What is paid by the length of its answer. */
const ANSWERED_IN_TEXT: ReadonlySet<OperationName> = new Set([
  'chat',
  'completions',
  'messages',
  'responses',
]);
/** What an answer has that nobody bounds: more than most, and the same for all targets. */
const COMPLETION_TOKENS = 500;

/** A rough estimate, good enough to compare what targets would charge: nothing of the request is read for it. */
export function expectedUsage({
  operation,
  request,
}: Pick<RoutedCall, 'operation' | 'request'>): ExpectedUsage {
  const bytes = request.upload ? 0 : request.bytes.length;
  const { max_tokens, max_completion_tokens, max_output_tokens, n, input } =
    request.value as unknown as Partial<Record<string, unknown>>;
  const most = count(max_output_tokens) ?? count(max_completion_tokens) ?? count(max_tokens);
  const isImages = operation.startsWith('image');
  return {
    promptTokens: Math.ceil(bytes / BYTES_A_TOKEN),
    completionTokens: ANSWERED_IN_TEXT.has(operation) ? (most ?? COMPLETION_TOKENS) : 0,
    images: isImages ? (count(n) ?? 1) : 0,
    // How long a recording is stands in no header.
    audioSeconds: operation === 'transcriptions' || operation === 'translations' ? 60 : 0,
    characters: operation === 'speech' && typeof input === 'string' ? input.length : 0,
  };
}

/** No call may be expected to use more: sums of such numbers are exact. */
const MOST_TOKENS = 1_000_000_000;

/** What a call may use of a limit of tokens: its bytes, and as much of an answer as it names. No text is looked at. */
export function expectedTokens({ request }: Pick<RoutedCall, 'request'>): number {
  const bytes = request.upload ? 0 : request.bytes.length;
  const { max_completion_tokens, max_output_tokens, max_tokens, n } = request.value as unknown as Partial<
    Record<string, unknown>
  >;
  const answer = count(max_completion_tokens) ?? count(max_output_tokens) ?? count(max_tokens) ?? 0;
  return Math.min(Math.ceil(bytes / BYTES_A_TOKEN) + answer * (count(n) ?? 1), MOST_TOKENS);
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}
