import { GatewayError } from '#contract';

/** Whose wire a model of embeddings speaks: Bedrock passes its body on as it is. */
export type EmbeddingFamily = 'titan' | 'titan-1' | 'cohere' | 'cohere-4';

/** By what stands in a model's id; the first that fits. */
const FAMILIES: readonly (readonly [RegExp, EmbeddingFamily])[] = [
  [/titan-embed-(?:text-v1|g1)/, 'titan-1'],
  [/titan-embed-text/, 'titan'],
  [/cohere\.embed-v(?:[4-9]|\d\d)/, 'cohere-4'],
  [/cohere\.embed/, 'cohere'],
];

/** @throws GatewayError `unsupported_operation` for a model that is not known to embed */
export function embeddingFamilyOf(model: string): EmbeddingFamily {
  const family = FAMILIES.find(([name]) => name.test(model))?.[1];
  if (family) return family;
  throw new GatewayError('unsupported_operation', {
    param: 'model',
    message: 'This model does not embed: of those on Bedrock, Titan and Cohere are known.',
  });
}
