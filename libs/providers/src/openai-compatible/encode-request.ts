import { splice } from '#contract';
import type { Edit, RelayedRequest, Target, WireRequest } from '#contract';

/**
 * The client's bytes with the upstream's model name in place of its own, and, in a stream whose client did not
 * ask for usage, a request for it: the ledger needs it. Nothing else is touched.
 */
export function encodeRequest(request: WireRequest, target: Target): Buffer {
  const { bytes, spans, value } = request;
  const model: Edit = { ...spans.model, text: nameOf(target) };
  const usage = value.stream === true && !asksForUsage(value) ? usageEdit(request) : undefined;
  if (!usage) return splice(bytes, [model]);
  return splice(bytes, usage.start < model.start ? [usage, model] : [model, usage]);
}

export function asksForUsage(value: RelayedRequest): boolean {
  return value.stream_options?.include_usage === true;
}

function usageEdit({ spans, value }: WireRequest): Edit {
  const options = spans.streamOptions;
  const text = JSON.stringify({ ...value.stream_options, include_usage: true });
  if (options) return { ...options, text: Buffer.from(text) };
  return { start: spans.close, end: spans.close, text: Buffer.from(`,"stream_options":${text}`) };
}

/** The upstream's model name as JSON text, made once a target. */
const names = new WeakMap<Target, Buffer>();

function nameOf(target: Target): Buffer {
  let name = names.get(target);
  if (!name) {
    name = Buffer.from(JSON.stringify(target.model));
    names.set(target, name);
  }
  return name;
}
