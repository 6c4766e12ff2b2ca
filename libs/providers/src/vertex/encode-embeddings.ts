import { unsupported } from '#contract';
import type { EmbeddingsRequest, WireRequest } from '#contract';

/** Texts as Vertex AI's `predict`. @throws GatewayError `unsupported_parameter` for tokens */
export function encodeEmbeddings({ value }: WireRequest<EmbeddingsRequest>): Buffer {
  const { input, dimensions, task_type: task } = value as EmbeddingsRequest & { task_type?: unknown };
  const instances = (Array.isArray(input) ? input : [input]).map((content: unknown) => {
    if (typeof content !== 'string') throw unsupported('input', 'This model takes texts, no tokens.');
    return { content, ...(typeof task === 'string' && { task_type: task }) };
  });
  const parameters = typeof dimensions === 'number' && { outputDimensionality: dimensions };
  return Buffer.from(JSON.stringify({ instances, ...(parameters && { parameters }) }));
}
