import { unsupported } from '#contract';
import type { EmbeddingsRequest, Target, WireRequest } from '#contract';

const READ = new Set(['model', 'input', 'encoding_format', 'dimensions', 'input_type', 'truncate']);

/** OpenAI's wire has no word for what an embedding is for; most are kept to be searched. */
const USUAL_TYPE = 'search_document';

/** Texts as Cohere's `POST /v2/embed`. @throws GatewayError `unsupported_parameter` for tokens */
export function encodeEmbeddings({ value }: WireRequest<EmbeddingsRequest>, { model }: Target): Buffer {
  const { input, dimensions, input_type, truncate } = value as EmbeddingsRequest & Record<string, unknown>;
  const texts = (Array.isArray(input) ? input : [input]).map((text: unknown) => {
    if (typeof text !== 'string') throw unsupported('input', 'This model takes texts, no tokens.');
    return text;
  });
  return Buffer.from(
    JSON.stringify({
      model,
      texts,
      input_type: typeof input_type === 'string' ? input_type : USUAL_TYPE,
      embedding_types: ['float'],
      ...(typeof dimensions === 'number' && { output_dimension: dimensions }),
      ...(typeof truncate === 'string' && { truncate }),
    }),
  );
}

/** Names of the parameters that are not passed on. */
export function droppedFromEmbeddings({ value }: WireRequest<EmbeddingsRequest>): readonly string[] {
  const given = Object.entries(value).filter(([name, member]) => !READ.has(name) && member != null);
  return given.map(([name]) => name);
}
