import type { HeaderPairs } from '#contract';
import { millisText } from '#observability';

/** What an answer tells of itself. */
export interface Told {
  /** The public name that led to the target: the call's own, or a fallback's. */
  readonly model: string;
  readonly provider: string;
  readonly attempts: number;
  readonly overheadMs: number;
  /** Parameters that the target has nothing for. */
  readonly dropped: readonly string[];
}

export function answerHeaders({ model, provider, attempts, overheadMs, dropped }: Told): HeaderPairs {
  const headers = [
    'x-pllm-model',
    headerText(model),
    'x-pllm-provider',
    headerText(provider),
    'x-pllm-attempts',
    String(attempts),
    'x-pllm-overhead-ms',
    millisText(overheadMs),
  ];
  if (dropped.length > 0) headers.push('x-pllm-dropped-params', headerText(dropped.join(',')));
  return headers;
}

/** Of a stream that is opened before anybody has answered. */
export function earlyHeaders(model: string): HeaderPairs {
  return ['x-pllm-model', headerText(model)];
}

/** A client makes up names under a wildcard: a header has no room for all of them. */
const LONGEST_HEADER_TEXT = 256;

/** The same names come again and again. */
const headerTexts = new Map<string, string>();
const MOST_HEADER_TEXTS = 1_000;

/** Header values are ASCII (RFC 9110, 5.5); names may be anything, half an emoji included. */
function headerText(text: string): string {
  let value = headerTexts.get(text);
  if (value === undefined) {
    const short = text.slice(0, LONGEST_HEADER_TEXT);
    value = /^[\x20-\x7e]*$/.test(short) ? short : encodeURIComponent(Buffer.from(short).toString());
    if (headerTexts.size >= MOST_HEADER_TEXTS) headerTexts.clear();
    headerTexts.set(text, value);
  }
  return value;
}
