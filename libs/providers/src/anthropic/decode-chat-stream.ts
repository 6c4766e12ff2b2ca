import { readUsage } from '#contract';
import type { SseEvent, Usage } from '#contract';
import { openBlock } from '../claude/open-block.js';
import type { BlockState, OpenBlock } from '../claude/open-block.js';
import { ChunkPrinter } from '../openai-compatible/chunk-printer.js';
import { broken, hasContent } from '../openai-compatible/decode-stream.js';
import type { DecodeContext, StreamDecoder } from '../spec.js';
import { answerTool } from './decode-chat.js';
import { decodeEmbeddedError } from './decode-error.js';
import { chatId, finishReasonOf, usageOf } from './read-answer.js';
import type { Message, MessageUsage, StreamEvent } from './wire.js';

type Handle = (decoder: MessageDecoder, event: StreamEvent) => Buffer[];

const NOTHING: Buffer[] = [];

/** By the type of the event; others (`ping`, and what is yet to come) say nothing to a client. */
const HANDLERS: ReadonlyMap<unknown, Handle> = new Map<unknown, Handle>([
  ['message_start', (decoder, { message }) => decoder.begin(message ?? {})],
  ['content_block_start', (decoder, event) => decoder.openBlock(event)],
  ['content_block_delta', (decoder, event) => decoder.extendBlock(event)],
  ['content_block_stop', (decoder, event) => decoder.closeBlock(event)],
  ['message_delta', (decoder, event) => decoder.tell(event)],
  ['message_stop', (decoder) => decoder.finish()],
]);

/** Anthropic's events as the chunks of a chat completion. */
export class MessageDecoder implements StreamDecoder {
  hasContent = false;
  isComplete = false;
  readonly ending = 'data: [DONE]\n\n';
  private messageId: string | undefined;
  private printer: ChunkPrinter | undefined;
  private isBegun = false;
  private told: MessageUsage = {};
  private isCounted = false;
  private stopReason: string | null | undefined;
  private readonly blocks = new Map<number, OpenBlock>();
  private readonly state: BlockState;

  constructor(private readonly context: DecodeContext) {
    this.state = { answerName: answerTool(context), calls: 0, thoughts: 0, isAnswered: false, heldTexts: [] };
  }

  /** What the last count said. The first event counts the prompt only: a stream that is cut behind it has none. */
  get usage(): Usage | undefined {
    return this.isCounted ? readUsage(usageOf(this.told)) : undefined;
  }

  push({ data }: SseEvent): Buffer[] {
    if (this.isComplete || data.length === 0) return NOTHING;
    const event = parse(data);
    if (event.type === 'error') throw decodeEmbeddedError(data);
    return HANDLERS.get(event.type)?.(this, event) ?? NOTHING;
  }

  end(): Buffer[] {
    if (this.isComplete) return NOTHING;
    throw broken('The provider ended the stream before the answer was complete.');
  }

  begin(message: Message): Buffer[] {
    // Something on the way lost the answer, and asked for another one: two halves are no answer.
    if (this.messageId !== undefined) {
      if (message.id === this.messageId) return NOTHING;
      throw broken('The provider began another answer before the first was complete.');
    }
    this.messageId = message.id ?? '';
    this.printer = new ChunkPrinter(chatId(message), this.context);
    this.stopReason = message.stop_reason;
    this.count(message.usage);
    // A turn that goes on with a program's calls begins with all that there is of it.
    return (message.content ?? []).flatMap((block) => {
      const whole = openBlock(block, this.state);
      return whole ? this.print([...whole.open(), ...whole.close()]) : NOTHING;
    });
  }

  openBlock({ index = 0, content_block: block = {} }: StreamEvent): Buffer[] {
    const opened = openBlock(block, this.state);
    if (opened) this.blocks.set(index, opened);
    return this.print(opened?.open() ?? []);
  }

  extendBlock({ index = 0, delta = {} }: StreamEvent): Buffer[] {
    return this.print(this.blocks.get(index)?.extend(delta) ?? []);
  }

  closeBlock({ index = 0 }: StreamEvent): Buffer[] {
    const block = this.blocks.get(index);
    this.blocks.delete(index);
    return this.print(block?.close() ?? []);
  }

  tell({ delta, usage }: StreamEvent): Buffer[] {
    const refusal = delta?.stop_details?.explanation;
    this.stopReason = delta?.stop_reason ?? this.stopReason;
    this.isCounted ||= usage != null;
    this.count(usage);
    return refusal ? this.print([{ refusal }]) : NOTHING;
  }

  finish(): Buffer[] {
    const { calls, isAnswered, heldTexts } = this.state;
    const held = isAnswered ? '' : heldTexts.join('');
    const last = this.print(held === '' ? [] : [{ content: held }]);
    this.isComplete = true;
    this.hasContent = true;
    this.isCounted ||= this.told.output_tokens !== undefined;
    const reason = finishReasonOf(this.stopReason, calls > 0);
    const usage = this.isCounted ? usageOf(this.told) : undefined;
    return [...last, this.chunks.finish(reason), ...this.chunks.usage(usage)];
  }

  /**
   * The role goes out with the first block and not before it: an overloaded Anthropic says so between the two, and
   * another target may still answer.
   */
  private print(deltas: readonly object[]): Buffer[] {
    this.hasContent ||= deltas.some(hasContent);
    const printed = deltas.map((delta) => this.chunks.delta(delta));
    if (this.isBegun) return printed;
    this.isBegun = true;
    return [this.chunks.role(), ...printed];
  }

  private get chunks(): ChunkPrinter {
    return (this.printer ??= new ChunkPrinter(chatId({}), this.context));
  }

  /** Later counts stand in place of earlier ones, where they say something. */
  private count(usage: MessageUsage | null | undefined): void {
    const given = Object.entries(usage ?? {}).filter(([, amount]) => amount !== null);
    this.told = { ...this.told, ...Object.fromEntries(given) };
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
