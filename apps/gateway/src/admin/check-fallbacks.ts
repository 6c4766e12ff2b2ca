import { GatewayError } from '#contract';
import type { Queries } from '#persistence';
import { findModel } from '#persistence';
import { covers } from '../models/covers.js';
import type { ModelRegistry } from '../models/model-registry.js';

/**
 * Every fallback of the model `id` is another one that is there. What another gateway has just made is in the database
 * before it is in the registry.
 *
 * @throws GatewayError
 */
export async function checkFallbacks(
  id: string,
  fallbacks: readonly string[] | null | undefined,
  models: Pick<ModelRegistry, 'answersTo'>,
  queries: Queries,
): Promise<void> {
  for (const [index, name] of (fallbacks ?? []).entries()) {
    const param = `fallbacks[${index}]`;
    if (name === id) {
      throw new GatewayError('invalid_value', { param, message: 'A model is no fallback of its own.' });
    }
    if (covers(id, name) || models.answersTo(name) || (await findModel(queries, name))) continue;
    throw new GatewayError('invalid_value', { param, message: `There is no model '${name}'.` });
  }
}
