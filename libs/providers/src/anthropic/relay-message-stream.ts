import { JsonMembers, spliceEvent } from '#contract';
import type { Edit, SseEvent, Usage } from '#contract';
import { broken, onOneLine } from '../openai-compatible/decode-stream.js';
import type { DecodeContext, StreamDecoder } from '../spec.js';
import { decodeEmbeddedError } from './decode-error.js';
import { parseUsage, readMessageUsage, textOf } from './relay-message.js';
import type { MessageUsage } from './wire.js';

const events = new JsonMembers(['type', 'message', 'usage']);
const messages = new JsonMembers(['model', 'usage']);
const NOTHING: Buffer[] = [];

/** By the type of the event, as JSON text; what is not listed goes through unseen. */
const HANDLERS: ReadonlyMap<string | undefined, (decoder: RelayedMessage, data: Buffer) => readonly Edit[]> =
  new Map([
    ['"message_start"', (decoder, data) => decoder.begin(data)],
    ['"content_block_start"', (decoder) => decoder.open()],
    ['"message_delta"', (decoder, data) => decoder.tell(data)],
  ]);

/** Anthropic's events for a client that speaks its wire: the bytes, with the client's model name in the first. */
export class RelayedMessage implements StreamDecoder {
  hasContent = false;
  isComplete = false;
  ending = '';
  private told: MessageUsage = {};
  private isCounted = false;

  constructor(private readonly context: DecodeContext) {}

  /** What the last count said. The first event counts the prompt only: a stream that is cut behind it has none. */
  get usage(): Usage | undefined {
    return this.isCounted ? readMessageUsage(this.told) : undefined;
  }

  push({ data: lines, event }: SseEvent): Buffer[] {
    const data = onOneLine(lines);
    if (this.isComplete || data.length === 0) return NOTHING;
    if (!events.read(data)) throw broken('The provider sent an event that is not JSON.');
    const type = textOf(data, events, 'type');
    if (type === '"error"') throw decodeEmbeddedError(data);
    const edits = HANDLERS.get(type)?.(this, data) ?? [];
    const name = event ?? type?.slice(1, -1);
    const printed = spliceEvent(data, edits, Buffer.from(`event: ${name}\ndata: `));
    if (type !== '"message_stop"') return [printed];
    this.isComplete = true;
    this.ending = printed.toString();
    return NOTHING;
  }

  end(): Buffer[] {
    if (this.isComplete) return NOTHING;
    throw broken('The provider ended the stream before the answer was complete.');
  }

  begin(data: Buffer): readonly Edit[] {
    messages.read(data, events.start('message'), events.end('message'));
    this.count(textOf(data, messages, 'usage'));
    const start = messages.start('model');
    return start < 0 ? [] : [{ start, end: messages.end('model'), text: this.context.model }];
  }

  open(): readonly Edit[] {
    this.hasContent = true;
    return [];
  }

  tell(data: Buffer): readonly Edit[] {
    this.hasContent = true;
    const usage = textOf(data, events, 'usage');
    this.isCounted ||= usage !== undefined && usage !== 'null';
    this.count(usage);
    return [];
  }

  /** Later counts stand in place of earlier ones, where they say something. */
  private count(text: string | undefined): void {
    if (text === undefined) return;
    const usage = parseUsage(text);
    const given = Object.entries(usage ?? {}).filter(([, amount]) => amount !== null);
    this.told = { ...this.told, ...Object.fromEntries(given) };
  }
}
