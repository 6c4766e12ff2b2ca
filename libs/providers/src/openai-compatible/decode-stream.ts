import { GatewayError, JsonMembers, memberSpan } from '#contract';
import type { SseEvent, Usage } from '#contract';
import { decodeEmbeddedError } from './decode-error.js';
import { isGiven, parseUsage } from './decode-response.js';
import type { DecodeContext, StreamDecoder } from '../spec.js';

const members = new JsonMembers(['model', 'usage', 'error', 'choices']);
const DONE = Buffer.from('[DONE]');
const EMPTY_ARRAY = Buffer.from('[]');

/** A finish reason comes in the last event, or before the usage and trailer events that some providers add. */
const REMEMBERED = 4;

/** Passes chunks on as they come, under the client's model name, and reads the usage on the way. */
export class ChunkDecoder implements StreamDecoder {
  usage: Usage | undefined;
  isComplete = false;
  private last: Buffer[] = [];

  constructor(private readonly context: DecodeContext) {}

  push({ data }: SseEvent): Buffer[] {
    if (data.length === 0 || this.isComplete) return [];
    if (data.equals(DONE)) {
      this.isComplete = true;
      return [];
    }
    if (!members.read(data)) throw broken('The provider sent an event that is not JSON.');
    if (isGiven(data, members.start('error'))) throw decodeEmbeddedError(data);
    this.remember(data);
    const hasUsage = isGiven(data, members.start('usage'));
    if (hasUsage) {
      this.usage = parseUsage(data, members.start('usage'), members.end('usage')) ?? this.usage;
      if (!this.context.includeUsage && hasNoChoices(data)) return [];
    }
    return [this.rewrite(data)];
  }

  end(): Buffer[] {
    if (this.isComplete || this.last.some(hasFinishReason)) return [];
    throw broken('The provider ended the stream before the answer was complete.');
  }

  /** The model name replaced, and `usage` cut out where the client did not ask for it. */
  private rewrite(data: Buffer): Buffer {
    const pieces: Buffer[] = [];
    const model = { start: members.start('model'), end: members.end('model') };
    const usage = this.usageToCut(data);
    const edits = [
      ...(model.start < 0 ? [] : [{ ...model, text: this.context.model }]),
      ...(usage ? [{ ...usage, text: undefined }] : []),
    ].sort((one, other) => one.start - other.start);
    let from = 0;
    for (const edit of edits) {
      pieces.push(data.subarray(from, edit.start));
      if (edit.text) pieces.push(edit.text);
      from = edit.end;
    }
    pieces.push(data.subarray(from));
    return Buffer.concat(pieces);
  }

  private usageToCut(data: Buffer): { start: number; end: number } | undefined {
    if (this.context.includeUsage || members.start('usage') < 0) return undefined;
    return memberSpan(data, members.start('usage'), members.end('usage'));
  }

  private remember(data: Buffer): void {
    if (this.last.length === REMEMBERED) this.last.shift();
    this.last.push(data);
  }
}

function hasNoChoices(data: Buffer): boolean {
  const start = members.start('choices');
  if (start < 0) return true;
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

function broken(message: string): GatewayError {
  return new GatewayError('upstream_unavailable', { message });
}
