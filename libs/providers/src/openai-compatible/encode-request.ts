import type { RelayedRequest, Target, WireRequest } from '#contract';

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The client's bytes with the upstream's model name in place of its own, and, in a stream whose client did not
 * ask for usage, a request for it: the ledger needs it. Nothing else is touched.
 */
export function encodeRequest(request: WireRequest, target: Target): Buffer {
  const { bytes, spans, value } = request;
  const model: Edit = { ...spans.model, text: JSON.stringify(target.model) };
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
  if (options) return { ...options, text };
  return { start: spans.close, end: spans.close, text: `,"stream_options":${text}` };
}

function splice(bytes: Buffer, edits: readonly Edit[]): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const edit of edits) {
    pieces.push(bytes.subarray(from, edit.start), Buffer.from(edit.text));
    from = edit.end;
  }
  pieces.push(bytes.subarray(from));
  return Buffer.concat(pieces);
}
