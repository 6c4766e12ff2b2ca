import { JsonMembers, responsesErrorEvent, spliceEvent } from '#contract';
import type { Edit, GatewayError, SseEvent, Usage } from '#contract';
import type { DecodeContext, StreamDecoder } from '../spec.js';
import { decodeFailure } from './decode-failure.js';
import { isGiven, parseUsage } from './decode-response.js';
import { broken, onOneLine } from './decode-stream.js';

const events = new JsonMembers(['type', 'response', 'sequence_number', 'error']);
const responses = new JsonMembers(['model', 'usage', 'error']);
const DONE = Buffer.from('[DONE]');
const NOTHING: Buffer[] = [];

/** By them a client sees nothing of the answer. */
const OPENING: ReadonlySet<string | undefined> = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
]);
const LAST: ReadonlySet<string | undefined> = new Set(['response.completed', 'response.incomplete']);

/** The events of a response, passed on as they come: under the client's model name, their usage read on the way. */
export class ResponsesDecoder implements StreamDecoder {
  usage: Usage | undefined;
  hasContent = false;
  isComplete = false;
  ending = '';
  private nextNumber = 0;
  /** The provider's own words for its failure. */
  private failed: string | undefined;

  constructor(private readonly context: DecodeContext) {}

  push({ data: lines, event }: SseEvent): Buffer[] {
    const data = onOneLine(lines);
    if (this.isComplete || data.length === 0 || data.equals(DONE)) return NOTHING;
    if (!events.read(data)) throw broken('The provider sent an event that is not JSON.');
    const type = textOf(data, events, 'type')?.slice(1, -1) ?? event;
    if (type === 'error' || isGiven(data, events.start('error'))) {
      throw decodeFailure(textOf(data, events, 'error') ?? data.toString());
    }
    const edits = this.readResponse(data);
    const name = event ?? type;
    const printed = spliceEvent(
      data,
      edits,
      name === undefined ? name : Buffer.from(`event: ${name}\ndata: `),
    );
    if (type === 'response.failed') {
      this.failed = printed.toString();
      throw decodeFailure(textOf(data, responses, 'error') ?? '{}');
    }
    this.nextNumber = this.readNumber(data) + 1;
    this.hasContent ||= type?.startsWith('response.') === true && !OPENING.has(type);
    if (!LAST.has(type)) return [printed];
    this.isComplete = true;
    this.ending = printed.toString();
    return NOTHING;
  }

  end(): Buffer[] {
    if (this.isComplete) return NOTHING;
    throw broken('The provider ended the stream before the answer was complete.');
  }

  fail(error: GatewayError): string {
    return this.failed ?? responsesErrorEvent(error, this.nextNumber);
  }

  /** The response inside of an event, as far as it goes. */
  private readResponse(data: Buffer): readonly Edit[] {
    const start = events.start('response');
    if (start < 0 || !responses.read(data, start, events.end('response'))) return [];
    this.usage = parseUsage(data, responses.start('usage'), responses.end('usage')) ?? this.usage;
    const model = responses.start('model');
    return model < 0 ? [] : [{ start: model, end: responses.end('model'), text: this.context.model }];
  }

  private readNumber(data: Buffer): number {
    const number = Number(textOf(data, events, 'sequence_number'));
    return Number.isSafeInteger(number) ? number : this.nextNumber;
  }
}

/** The value of a member as it stands in the text. */
function textOf<Name extends string>(
  bytes: Buffer,
  found: JsonMembers<Name>,
  name: Name,
): string | undefined {
  const start = found.start(name);
  return start < 0 ? undefined : bytes.toString('utf8', start, found.end(name));
}
