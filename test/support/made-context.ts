import { DEFAULT_TIMEOUTS } from '#contract';
import type { RelayedRequest, Target } from '#contract';
import type { DecodeContext } from '../../libs/providers/src/spec.js';

export interface Made {
  /** The name that the client asked for. */
  readonly model?: string;
  readonly includeUsage?: boolean;
  /** Further members of the request. */
  readonly request?: object;
  /** Type of the provider, and its own name for the model. */
  readonly type?: string;
  readonly upstreamModel?: string;
}

/** The moment at which every made answer came. */
export const CREATED = 1_700_000_000;

export function madeTarget(type = 'sandbox', model = 'upstream-4', baseUrl = 'http://x'): Target {
  const provider = { id: 'p', name: 'p', type, baseUrl, secret: undefined, headers: {} };
  return { provider, model, priority: 0, timeouts: DEFAULT_TIMEOUTS };
}

/** What a decoder is told of the call whose answer it decodes. */
export function madeContext(made: Made = {}): DecodeContext {
  const { model = 'my-gpt-4', includeUsage = false, request = {}, type, upstreamModel } = made;
  const options = { stream_options: { include_usage: includeUsage } };
  return {
    model: Buffer.from(JSON.stringify(model)),
    request: { model, ...options, ...request } as RelayedRequest,
    target: madeTarget(type, upstreamModel),
    contentType: 'application/json',
    created: CREATED,
    requestId: 'req_1',
  };
}
