import { JsonMembers, NO_USAGE, spliceEvent } from '#contract';
import type { SpeechRequest, SseEvent, Usage } from '#contract';
import type { DecodeContext, StreamDecoder } from '../spec.js';
import { decodeEmbeddedError } from './decode-error.js';
import { isGiven, parseUsage } from './decode-response.js';
import { SpeechBytes } from './decode-speech.js';
import { broken, onOneLine } from './decode-stream.js';

const members = new JsonMembers(['type', 'model', 'usage', 'error']);
const DONE = Buffer.from('[DONE]');

/** `image_generation.completed`, `transcript.text.done`, `speech.audio.done`. */
const LAST = /\.(?:completed|done)$/;

/** The streams of images and sound: events with a `type`, passed on as they come, their usage read on the way. */
export class NamedEventDecoder implements StreamDecoder {
  usage: Usage | undefined;
  hasContent = false;
  isComplete = false;
  ending = '';
  private hasLast = false;
  private images = 0;

  constructor(private readonly context: DecodeContext) {
    const { input } = context.request as Partial<SpeechRequest>;
    if (context.request.stream_format === 'sse' && input !== undefined)
      this.usage = new SpeechBytes(context).usage;
  }

  push({ data: lines, event }: SseEvent): Buffer[] {
    const data = onOneLine(lines);
    if (data.length === 0 || this.isComplete) return [];
    if (data.equals(DONE)) {
      this.isComplete = true;
      this.ending = 'data: [DONE]\n\n';
      return [];
    }
    if (!members.read(data)) throw broken('The provider sent an event that is not JSON.');
    const type = this.typeOf(data) ?? event;
    if (type === 'error' || isGiven(data, members.start('error'))) throw decodeEmbeddedError(data);
    this.hasContent = true;
    if (type !== undefined && LAST.test(type)) this.finish(type, data);
    const start = members.start('model');
    const edits = start < 0 ? [] : [{ start, end: members.end('model'), text: this.context.model }];
    return [
      spliceEvent(data, edits, event === undefined ? undefined : Buffer.from(`event: ${event}\ndata: `)),
    ];
  }

  end(): Buffer[] {
    if (this.isComplete || this.hasLast) return [];
    throw broken('The provider ended the stream before the answer was complete.');
  }

  private finish(type: string, data: Buffer): void {
    this.hasLast = true;
    const told = parseUsage(data, members.start('usage'), members.end('usage'));
    if (type.startsWith('image')) this.images++;
    const { characters } = this.usage ?? NO_USAGE;
    if (told || this.images > 0) this.usage = { ...(told ?? NO_USAGE), images: this.images, characters };
  }

  private typeOf(data: Buffer): string | undefined {
    const start = members.start('type');
    return start < 0 ? undefined : data.toString('utf8', start + 1, members.end('type') - 1);
  }
}
