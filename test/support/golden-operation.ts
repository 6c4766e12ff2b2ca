/** Operations whose golden cases begin with a word of their own; all others are chats. */
const WORDS = {
  completions: 'completions',
  embeddings: 'embeddings',
  images: 'image_generations',
  rerank: 'rerank',
  responses: 'responses',
} as const;

export type GoldenOperation = 'chat' | (typeof WORDS)[keyof typeof WORDS];

/** The operation that a golden case is of, by its name: `embeddings-in-base64`. */
export function operationOf(name: string): GoldenOperation {
  return WORDS[name.split('-')[0] as keyof typeof WORDS] ?? 'chat';
}
