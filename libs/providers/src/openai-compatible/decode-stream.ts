import { GatewayError, JsonMembers, spliceEvent } from '#contract';
import type { Edit, SseEvent, Usage } from '#contract';
import { ChunkShape } from './chunk-shape.js';
import { decodeEmbeddedError } from './decode-error.js';
import { isGiven, parseUsage } from './decode-response.js';
import { asksForUsage } from './encode-request.js';
import type { DecodeContext, Skimmed, StreamDecoder } from '../spec.js';

const members = new JsonMembers(['model', 'usage', 'error', 'choices', 'object']);
const DONE = Buffer.from('[DONE]');
const DONE_EVENT = 'data: [DONE]\n\n';
const EMPTY_ARRAY = Buffer.from('[]');
const ERROR_OBJECT = Buffer.from('"error"');
/** How the delta of most chunks begins. No text inside of JSON reads like this: its quotes are escaped. */
const DELTA_TEXT = Buffer.from('"delta":{"content":"');
const NOTHING = Buffer.alloc(0);
const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const SPACE = 0x20;
const OPEN_BRACKET = 0x5b;
const LETTER_E = 0x65;

/** A finish reason comes in the last event, or before the usage and trailer events that some providers add. */
const REMEMBERED = 4;

/** A stream whose chunks are all of different shapes is not worth describing them. */
const MOST_SHAPES = 16;

/** Passes chunks on as they come, under the client's model name, and reads the usage on the way. */
export class ChunkDecoder implements StreamDecoder {
  usage: Usage | undefined;
  hasContent = false;
  isComplete = false;
  private seen = 0;
  private readonly last: Buffer[] = [];
  private shape: ChunkShape | undefined = undefined;
  private shapeCount = 0;
  /** Was the last chunk one of the shape? */
  private hasSkimmed = false;

  private readonly includeUsage: boolean;
  private readonly model: Buffer;

  /** Keeps nothing of the request, which may be large. */
  constructor({ request, model }: DecodeContext) {
    this.includeUsage = asksForUsage(request);
    this.model = model;
  }

  get ending(): string {
    return DONE_EVENT;
  }

  push(event: SseEvent): Buffer[] {
    const data = onOneLine(event.data);
    if (data.length === 0 || this.isComplete) return [];
    if (data[0] === OPEN_BRACKET && data.equals(DONE)) {
      this.isComplete = true;
      return [];
    }
    if (!members.read(data)) throw broken('The provider sent an event that is not JSON.');
    if (event.event === 'error' || isError(data)) throw decodeEmbeddedError(data);
    this.remember(data);
    this.hasContent ||= saysSomething(data, members.start('choices'), members.end('choices'));
    const hasUsage = isGiven(data, members.start('usage'));
    if (hasUsage) {
      this.usage = parseUsage(data, members.start('usage'), members.end('usage')) ?? this.usage;
      if (!this.includeUsage && hasNoChoices(data)) return [];
    }
    return [this.rewrite(data)];
  }

  skim(bytes: Buffer, from: number): Skimmed | undefined {
    const { shape } = this;
    const skimmed = this.isComplete || !this.hasContent ? undefined : shape?.skim(bytes, from);
    if (!shape || !skimmed) return undefined;
    this.hasSkimmed = true;
    for (let count = Math.min(skimmed.count, REMEMBERED); count > 0; count--) this.remember(shape.sample);
    return skimmed;
  }

  end(): Buffer[] {
    if (this.isComplete || this.last.some(hasFinishReason)) return [];
    throw broken('The provider ended the stream before the answer was complete.');
  }

  /** The model name replaced, and `usage` cut out where the client did not ask for it. */
  private rewrite(data: Buffer): Buffer {
    const edits = this.edits();
    this.learn(data, edits);
    return spliceEvent(data, edits);
  }

  private edits(): Edit[] {
    const model = this.modelEdit();
    const usage = this.usageEdit();
    if (!model || !usage) return model ? [model] : usage ? [usage] : [];
    return model.start < usage.start ? [model, usage] : [usage, model];
  }

  /**
   * What is counted on the way is not the same in the next chunk. Nor is the first chunk, which says who speaks, like
   * those behind it; and one that comes alone among others that are alike is the last.
   */
  private learn(data: Buffer, edits: readonly Edit[]): void {
    const isAlone = this.hasSkimmed;
    this.hasSkimmed = false;
    if (isAlone || !this.hasContent || this.shapeCount >= MOST_SHAPES) return;
    if (isGiven(data, members.start('usage'))) return;
    const shape = ChunkShape.of(data, edits);
    if (!shape) return;
    this.shape = shape;
    this.shapeCount++;
  }

  private modelEdit(): Edit | undefined {
    const start = members.start('model');
    return start < 0 ? undefined : { start, end: members.end('model'), text: this.model };
  }

  private usageEdit(): Edit | undefined {
    if (this.includeUsage || members.start('usage') < 0) return undefined;
    const { start, end } = members.spanOf('usage');
    return { start, end, text: NOTHING };
  }

  private remember(data: Buffer): void {
    this.last[this.seen++ % REMEMBERED] = data;
  }
}

/** An event of several `data:` lines: line ends are white space in JSON, and would end ours too early. */
export function onOneLine(data: Buffer): Buffer {
  if (!data.includes(LINE_FEED)) return data;
  return Buffer.from(data.map((byte) => (byte === LINE_FEED ? SPACE : byte)));
}

/** `{error: …}`, or vLLM's older `{object: "error", …}`. */
function isError(data: Buffer): boolean {
  if (isGiven(data, members.start('error'))) return true;
  const start = members.start('object');
  return data[start + 1] === LETTER_E && data.subarray(start, members.end('object')).equals(ERROR_OBJECT);
}

function hasNoChoices(data: Buffer): boolean {
  const start = members.start('choices');
  if (!isGiven(data, start)) return true;
  const text = data.subarray(start, members.end('choices'));
  return text.equals(EMPTY_ARRAY) || /^\[\s*\]$/.test(text.toString());
}

function hasFinishReason(data: Buffer): boolean {
  try {
    const { choices } = JSON.parse(data.toString()) as { choices?: { finish_reason?: unknown }[] };
    return Array.isArray(choices) && choices.some((choice) => typeof choice.finish_reason === 'string');
  } catch {
    return false;
  }
}

interface Choice {
  readonly finish_reason?: unknown;
  readonly text?: unknown;
  readonly delta?: object | null;
}

/** Does a choice end, or have more to it than who speaks? The choices stand in `data[start, end)`. */
function saysSomething(data: Buffer, start: number, end: number): boolean {
  if (start < 0) return false;
  const text = data.indexOf(DELTA_TEXT, start) + DELTA_TEXT.length;
  if (text >= start + DELTA_TEXT.length && text < end && data[text] !== QUOTE) return true;
  try {
    const choices = JSON.parse(data.toString('utf8', start, end)) as readonly Choice[] | null;
    return Array.isArray(choices) && choices.some(isSaid);
  } catch {
    return false;
  }
}

function isSaid({ finish_reason: reason, text, delta }: Choice): boolean {
  return isSomething(reason) || isSomething(text) || hasContent(delta ?? {});
}

/** Is there more to a delta than who speaks? */
export function hasContent(delta: object): boolean {
  return Object.entries(delta).some(([name, value]) => name !== 'role' && isSomething(value));
}

function isSomething(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== '';
}

export function broken(message: string): GatewayError {
  return new GatewayError('upstream_unavailable', { message });
}
