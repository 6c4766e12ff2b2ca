import type { SseEvent, Usage } from '#contract';
import { ChunkPrinter } from '../openai-compatible/chunk-printer.js';
import { broken, hasContent } from '../openai-compatible/decode-stream.js';
import type { DecodeContext, StreamDecoder } from '../spec.js';
import { callsOneByOne } from './decode-chat.js';
import { decodeEmbeddedError } from './decode-error.js';
import { OpenCall } from './open-call.js';
import { chatId, finishReasonOf, ledgerUsageOf, logprobOf, usageOf } from './read-answer.js';
import type { AnswerContent, AnswerUsage, Delta, Logprob, StreamEvent } from './wire.js';

type Handle = (decoder: EventDecoder, delta: Delta, event: StreamEvent) => Buffer[];

const NOTHING: Buffer[] = [];

/** By the type of the event; others (`content-end`, `citation-end`, and what is yet to come) say nothing to a client. */
const HANDLERS: ReadonlyMap<unknown, Handle> = new Map<unknown, Handle>([
  ['message-start', (decoder, _, { id }) => decoder.begin(id)],
  ['content-start', (decoder, { message }, { logprobs }) => decoder.say(message?.content, logprobs)],
  ['content-delta', (decoder, { message }, { logprobs }) => decoder.say(message?.content, logprobs)],
  ['tool-plan-delta', (decoder, { message }) => decoder.say({ thinking: message?.tool_plan ?? '' })],
  ['tool-call-start', (decoder, delta, { index }) => decoder.openCall(delta, index)],
  ['tool-call-delta', (decoder, delta, { index }) => decoder.extendCall(delta, index)],
  ['tool-call-end', (decoder, _, { index }) => decoder.closeCall(index)],
  ['citation-start', (decoder, { message }) => decoder.cite(message?.citations)],
  ['message-end', (decoder, delta) => decoder.finish(delta)],
]);

/** Cohere's events as the chunks of a chat completion. */
export class EventDecoder implements StreamDecoder {
  hasContent = false;
  isComplete = false;
  readonly ending = 'data: [DONE]\n\n';
  private messageId: string | undefined;
  private printer: ChunkPrinter | undefined;
  private isBegun = false;
  private told: AnswerUsage | undefined;
  private callCount = 0;
  private citationCount = 0;
  private readonly calls = new Map<number, OpenCall>();
  private readonly isSingle: boolean;

  constructor(private readonly context: DecodeContext) {
    this.isSingle = callsOneByOne(context);
  }

  get usage(): Usage | undefined {
    return this.told && ledgerUsageOf(this.told);
  }

  push({ data }: SseEvent): Buffer[] {
    if (this.isComplete || data.length === 0) return NOTHING;
    const event = parse(data);
    const handle = HANDLERS.get(event.type);
    if (handle) return handle(this, event.delta ?? {}, event);
    // An error that comes under status 200 has a message, and no type that is an event's.
    if ('message' in event || 'error' in event) throw decodeEmbeddedError(data);
    return NOTHING;
  }

  end(): Buffer[] {
    if (this.isComplete) return NOTHING;
    throw broken('The provider ended the stream before the answer was complete.');
  }

  begin(id = ''): Buffer[] {
    if (this.messageId !== undefined && this.messageId !== id) {
      throw broken('The provider began another answer before the first was complete.');
    }
    this.messageId = id;
    return NOTHING;
  }

  say(content: AnswerContent | undefined, logprobs?: Logprob | null): Buffer[] {
    const { text, thinking } = content ?? {};
    return [
      ...(thinking ? this.print([{ reasoning_content: thinking }]) : NOTHING),
      ...(text ? this.print([{ content: text }], logprobs) : NOTHING),
    ];
  }

  openCall({ message }: Delta, index = 0): Buffer[] {
    const call = message?.tool_calls;
    if (!call || (this.isSingle && this.callCount > 0)) return NOTHING;
    const opened = new OpenCall(this.callCount++);
    this.calls.set(index, opened);
    return this.print(opened.open(call));
  }

  extendCall({ message }: Delta, index = 0): Buffer[] {
    const text = message?.tool_calls?.function.arguments ?? '';
    return this.print(this.calls.get(index)?.extend(text) ?? []);
  }

  closeCall(index = 0): Buffer[] {
    const call = this.calls.get(index);
    this.calls.delete(index);
    return this.print(call?.close() ?? []);
  }

  /** With an index: SDKs join the pieces of a list by it. */
  cite(citation: object | undefined): Buffer[] {
    if (!citation) return NOTHING;
    return this.print([{ citations: [{ index: this.citationCount++, ...citation }] }]);
  }

  finish({ finish_reason: told, usage, error }: Delta): Buffer[] {
    this.told = usage ?? undefined;
    const reason = finishReasonOf(told, this.callCount > 0, error);
    const unclosed = [...this.calls.keys()].flatMap((index) => this.closeCall(index));
    this.isComplete = true;
    this.hasContent = true;
    const begun = this.print([]);
    const printed = usage ? this.chunks.usage(usageOf(usage)) : NOTHING;
    return [...unclosed, ...begun, this.chunks.finish(reason), ...printed];
  }

  /** The role goes out with the first delta and not before it: until then another target may still answer. */
  private print(deltas: readonly object[], logprobs?: Logprob | null): Buffer[] {
    if (deltas.length === 0 && !this.isComplete) return NOTHING;
    this.hasContent ||= deltas.some(hasContent);
    const told = logprobs ? { content: [logprobOf(logprobs)], refusal: null } : null;
    const printed = deltas.map((delta) => this.chunks.delta(delta, told));
    if (this.isBegun) return printed;
    this.isBegun = true;
    return [this.chunks.role(), ...printed];
  }

  private get chunks(): ChunkPrinter {
    return (this.printer ??= new ChunkPrinter(chatId(this.messageId), this.context));
  }
}

function parse(data: Buffer): StreamEvent {
  try {
    const value = JSON.parse(data.toString()) as StreamEvent | null;
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // What is no JSON is no event either.
  }
  throw broken('The provider sent an event that is not JSON.');
}
