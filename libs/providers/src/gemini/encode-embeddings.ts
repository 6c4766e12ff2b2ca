import { unsupported } from '#contract';
import type { EmbeddingsRequest, Target, WireRequest } from '#contract';
import { resourceOf } from './resource.js';

const READ = new Set(['model', 'input', 'encoding_format', 'dimensions', 'task_type']);

/** Texts as Gemini's `batchEmbedContents`. @throws GatewayError `unsupported_parameter` for tokens */
export function encodeEmbeddings({ value }: WireRequest<EmbeddingsRequest>, target: Target): Buffer {
  const { input, dimensions, task_type: task } = value as EmbeddingsRequest & { task_type?: unknown };
  const model = decodeURIComponent(resourceOf(target.model));
  const requests = (Array.isArray(input) ? input : [input]).map((text: unknown) => {
    if (typeof text !== 'string') throw unsupported('input', 'This model takes texts, no tokens.');
    return {
      model,
      content: { parts: [{ text }] },
      ...(typeof task === 'string' && { taskType: task }),
      ...(typeof dimensions === 'number' && { outputDimensionality: dimensions }),
    };
  });
  return Buffer.from(JSON.stringify({ requests }));
}

/** Names of the parameters that are not passed on. */
export function droppedFromEmbeddings({ value }: WireRequest<EmbeddingsRequest>): readonly string[] {
  const given = Object.entries(value).filter(([name, member]) => !READ.has(name) && member != null);
  return given.map(([name]) => name);
}
