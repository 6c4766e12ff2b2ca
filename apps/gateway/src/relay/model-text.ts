import type { WireRequest } from '#contract';

const QUOTE = 0x22;

/** The same names come again and again, in the same spelling. */
const kept = new Map<string, Buffer>();
const MOST_KEPT = 1_000;

/**
 * The model's name as the client spelled it.
 *
 * @param isKept for as long as a stream runs? A part of the body would keep all of it
 */
export function modelText(request: WireRequest, isKept: boolean): Buffer {
  const span = request.upload ? undefined : request.spans.model;
  // `null` is a call without a model, for which the gateway chose one.
  if (request.upload || !span || request.bytes[span.start] !== QUOTE)
    return Buffer.from(JSON.stringify(request.value.model));
  const { bytes } = request;
  if (!isKept) return bytes.subarray(span.start, span.end);
  const spelled = bytes.toString('latin1', span.start, span.end);
  let text = kept.get(spelled);
  if (!text) {
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(spelled, (text = Buffer.from(spelled, 'latin1')));
  }
  return text;
}
