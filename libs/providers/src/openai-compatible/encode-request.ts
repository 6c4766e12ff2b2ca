import { splice, splicePieces } from '#contract';
import type { ChatRequest, Edit, JsonRequest, RelayedRequest, Target, Upload, WireRequest } from '#contract';
import type { UpstreamBody, UpstreamUpload } from '../spec.js';
import { jsonIn } from '../upstream-body.js';
import { compileMembers } from './rewrite-members.js';

/** The client's bytes with the upstream's model name in place of its own. Nothing else is touched. */
export function encodeRequest(request: WireRequest, target: Target): UpstreamBody {
  return request.upload
    ? encodeUpload(request.upload, target)
    : edit(request.bytes, [modelEdit(request, target)]);
}

/** A larger body is not copied to have a name in it replaced. */
const LARGE_BYTES = 256 * 1024;

function edit(bytes: Buffer, edits: readonly Edit[]): Buffer | readonly Buffer[] {
  return bytes.length < LARGE_BYTES ? splice(bytes, edits) : splicePieces(bytes, edits);
}

/** The same, and in a stream whose client did not ask for usage a request for it: the ledger needs it. */
export function encodeWithUsage(request: WireRequest, target: Target): UpstreamBody {
  if (request.upload || request.value.stream !== true || asksForUsage(request.value)) {
    return encodeRequest(request, target);
  }
  const model = modelEdit(request, target);
  const usage = usageEdit(request);
  return edit(request.bytes, usage.start < model.start ? [usage, model] : [model, usage]);
}

/** A chat: the same, the limit of its answer under the name that the upstream's model takes. */
export function encodeChat(request: WireRequest<ChatRequest>, target: Target): UpstreamBody {
  const body = encodeWithUsage(request, target);
  const { value } = request;
  const isOlder = value.max_tokens !== undefined && value.max_tokens !== null;
  const json = isOlder && nameOf(target).isReasoning ? jsonIn(body) : undefined;
  return json ? renameLimit(json, value) : body;
}

const renameLimit = compileMembers({ rename: { max_tokens: 'max_completion_tokens' } });

/** OpenAI's models that think: they refuse `max_tokens`. */
const REASONING = /^(?:openai\/)?(?:ft:)?(?:o[1-9]|gpt-[5-9]|codex-)/;

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

/** What the upstream's model name says, and its text: read once a target. */
interface UpstreamName {
  readonly text: Buffer;
  readonly json: Buffer;
  readonly isReasoning: boolean;
}

const names = new WeakMap<Target, UpstreamName>();

function nameOf(target: Target): UpstreamName {
  let name = names.get(target);
  if (!name) {
    const { model } = target;
    const json = Buffer.from(JSON.stringify(model));
    name = { text: Buffer.from(model), json, isReasoning: REASONING.test(model) };
    names.set(target, name);
  }
  return name;
}
