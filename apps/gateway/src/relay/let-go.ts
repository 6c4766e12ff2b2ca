import type { OperationName } from '#contract';
import type { Call } from './call.js';
import { estimatePrompt } from './estimate-usage.js';

/** Operations whose texts nobody needs behind the first piece of an answer: a response, for one, is kept with its input. */
const FORGETFUL: ReadonlySet<OperationName> = new Set(['chat', 'completions', 'messages']);

const NOTHING = Buffer.alloc(0);

/**
 * Lets go of a body whose answer lasts: no other target is asked once it has begun. An estimate of the tokens of the
 * prompt stays, in case that the answer's usage never comes.
 */
export function letGo(call: Pick<Call, 'operation' | 'request' | 'promptEstimate'>): void {
  const { operation, request } = call;
  if (request.upload || !FORGETFUL.has(operation)) return;
  const { model, stream } = request.value;
  call.promptEstimate = estimatePrompt(request.value);
  call.request = { ...request, bytes: NOTHING, value: { model, stream } } as Call['request'];
}
