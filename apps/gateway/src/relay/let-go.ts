import type { OperationName } from '#contract';
import type { Call } from './call.js';
import { estimatePrompt } from './estimate-usage.js';

/** Operations whose texts nobody needs behind the first piece of an answer: a response, for one, is kept with its input. */
const FORGETFUL: ReadonlySet<OperationName> = new Set(['chat', 'completions', 'messages']);

const NOTHING = Buffer.alloc(0);

type Forgetful = Pick<Call, 'operation' | 'request' | 'promptEstimate'>;

/** Lets go of the bytes of a body: no other target is asked once an answer has begun. */
export function letGoOfBytes(call: Pick<Call, 'request'>): void {
  const { request } = call;
  if (!request.upload) call.request = { ...request, bytes: NOTHING } as Call['request'];
}

/** And of what they said. An estimate of its tokens stays, in case that the answer's usage never comes. */
export function letGoOfTexts(call: Forgetful): void {
  const { operation, request } = call;
  if (request.upload || !FORGETFUL.has(operation)) return;
  const { model, stream } = request.value;
  call.promptEstimate = estimatePrompt(request.value);
  call.request = { ...request, value: { model, stream } } as Call['request'];
}
