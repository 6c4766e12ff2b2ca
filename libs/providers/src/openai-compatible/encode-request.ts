import { splice } from '#contract';
import type { Edit, JsonRequest, RelayedRequest, Target, Upload, WireRequest } from '#contract';
import type { UpstreamBody, UpstreamUpload } from '../spec.js';

/** The client's bytes with the upstream's model name in place of its own. Nothing else is touched. */
export function encodeRequest(request: WireRequest, target: Target): UpstreamBody {
  return request.upload
    ? encodeUpload(request.upload, target)
    : splice(request.bytes, [modelEdit(request, target)]);
}

/** The same, and in a stream whose client did not ask for usage a request for it: the ledger needs it. */
export function encodeWithUsage(request: WireRequest, target: Target): UpstreamBody {
  if (request.upload || request.value.stream !== true || asksForUsage(request.value)) {
    return encodeRequest(request, target);
  }
  const model = modelEdit(request, target);
  const usage = usageEdit(request);
  return splice(request.bytes, usage.start < model.start ? [usage, model] : [model, usage]);
}

export function asksForUsage(value: RelayedRequest): boolean {
  return value.stream_options?.include_usage === true;
}

function modelEdit({ spans }: JsonRequest, target: Target): Edit {
  const { json } = nameOf(target);
  if (spans.model) return { start: spans.model.start, end: spans.model.end, text: json };
  return { start: spans.close, end: spans.close, text: Buffer.from(`,"model":${json.toString()}`) };
}

function usageEdit({ spans, value }: JsonRequest): Edit {
  const options = spans.streamOptions;
  const text = JSON.stringify({ ...value.stream_options, include_usage: true });
  if (options) return { ...options, text: Buffer.from(text) };
  return { start: spans.close, end: spans.close, text: Buffer.from(`,"stream_options":${text}`) };
}

function encodeUpload(upload: Upload, target: Target): UpstreamUpload {
  const { contentType, length, model } = upload;
  const { before = '', after = '' } = model;
  const text = Buffer.concat([Buffer.from(before), nameOf(target).text, Buffer.from(after)]);
  return {
    contentType,
    length: length - (model.end - model.start) + text.length,
    pieces: pieces(upload, text),
  };
}

async function* pieces({ read, model, length }: Upload, name: Buffer): AsyncGenerator<Buffer> {
  yield* read(0, model.start);
  if (name.length > 0) yield name;
  yield* read(model.end, length);
}

/** The upstream's model name as text and as JSON, made once a target. */
const names = new WeakMap<Target, { readonly text: Buffer; readonly json: Buffer }>();

function nameOf(target: Target): { readonly text: Buffer; readonly json: Buffer } {
  let name = names.get(target);
  if (!name) {
    name = { text: Buffer.from(target.model), json: Buffer.from(JSON.stringify(target.model)) };
    names.set(target, name);
  }
  return name;
}
