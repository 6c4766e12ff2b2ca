import type { ExpectedUsage } from '#routing';
import type { RoutedCall } from './router.js';

const BYTES_A_TOKEN = 4;
/** What an answer has that nobody bounds: more than most, and the same for all targets. */
const COMPLETION_TOKENS = 500;

/** A rough estimate, good enough to compare what targets would charge: nothing of the request is read for it. */
export function expectedUsage({
  operation,
  request,
}: Pick<RoutedCall, 'operation' | 'request'>): ExpectedUsage {
  const bytes = request.upload ? 0 : request.bytes.length;
  const { max_tokens, max_completion_tokens, n, input } = request.value as unknown as Partial<
    Record<string, unknown>
  >;
  const isChat = operation === 'chat' || operation === 'completions';
  const isImages = operation.startsWith('image');
  return {
    promptTokens: Math.ceil(bytes / BYTES_A_TOKEN),
    completionTokens: isChat ? (count(max_completion_tokens) ?? count(max_tokens) ?? COMPLETION_TOKENS) : 0,
    images: isImages ? (count(n) ?? 1) : 0,
    // How long a recording is stands in no header.
    audioSeconds: operation === 'transcriptions' || operation === 'translations' ? 60 : 0,
    characters: operation === 'speech' && typeof input === 'string' ? input.length : 0,
  };
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}
