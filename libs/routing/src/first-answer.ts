import { GatewayError } from '#contract';
import type { Target } from '#contract';

/**
 * Asks the targets of a plan in order until one answers. An error that another target cannot do better ends it;
 * when all have failed, the last error is told, or a rate limit if one was met: it says when to come back.
 *
 * @throws GatewayError
 */
export async function firstAnswer<Answer>(
  plan: readonly Target[],
  attempt: (target: Target) => Promise<Answer>,
): Promise<Answer> {
  let failure: GatewayError | undefined;
  for (const target of plan) {
    try {
      return await attempt(target);
    } catch (thrown) {
      const error = GatewayError.from(thrown);
      if (error.retry !== 'next' && error.retry !== 'same') throw error;
      if (failure?.code !== 'rate_limit_exceeded') failure = error;
    }
  }
  throw (
    failure ??
    new GatewayError('upstream_unavailable', { message: 'The model has no target that is enabled.' })
  );
}
