import { isObject, readUsage } from '#contract';
import type { SseEvent, Usage } from '#contract';
import { openBlock } from '../claude/open-block.js';
import type { BlockState, OpenBlock } from '../claude/open-block.js';
import { ChunkPrinter } from '../openai-compatible/chunk-printer.js';
import { broken, hasContent } from '../openai-compatible/decode-stream.js';
import type { DecodeContext, StreamDecoder } from '../spec.js';
import { answerTool } from './decode-chat.js';
import { decodeException, isException } from './decode-error.js';
import { chatId, deltaOf, finishReasonOf, isSingle, openingOf, usageOf } from './read-answer.js';
import type { BlockPiece, BlockStart, StreamPayload, TokenUsage } from './wire.js';

type Handle = (decoder: ConverseDecoder, payload: StreamPayload) => Buffer[];

const NOTHING: Buffer[] = [];

/** By the name of the event; others (what is yet to come) say nothing to a client. */
const HANDLERS: ReadonlyMap<unknown, Handle> = new Map<unknown, Handle>([
  ['messageStart', (decoder) => decoder.begin()],
  ['contentBlockStart', (decoder, payload) => decoder.openBlock(payload)],
  ['contentBlockDelta', (decoder, payload) => decoder.extendBlock(payload)],
  ['contentBlockStop', (decoder, payload) => decoder.closeBlock(payload)],
  ['messageStop', (decoder, payload) => decoder.stop(payload)],
  ['metadata', (decoder, payload) => decoder.count(payload)],
]);

/** A block of which the client sees nothing. */
const UNSEEN: OpenBlock = { open: () => [], extend: () => [], close: () => [] };

/** Converse's events as the chunks of a chat completion. */
export class ConverseDecoder implements StreamDecoder {
  hasContent = false;
  readonly ending = 'data: [DONE]\n\n';
  private readonly chunks: ChunkPrinter;
  private readonly isSingle: boolean;
  private hasRole = false;
  private isBegun = false;
  private isStopped = false;
  private told: TokenUsage | undefined;
  private readonly blocks = new Map<number, OpenBlock>();
  private readonly state: BlockState;

  constructor(context: DecodeContext) {
    this.chunks = new ChunkPrinter(chatId(context), context);
    this.isSingle = isSingle(context);
    this.state = { answerName: answerTool(context), calls: 0, thoughts: 0, isAnswered: false, heldTexts: [] };
  }

  get usage(): Usage | undefined {
    return this.told && readUsage(usageOf(this.told));
  }

  /** The count comes behind the end of the message, or before it. */
  get isComplete(): boolean {
    return this.isStopped && this.told !== undefined;
  }

  push({ event, data }: SseEvent): Buffer[] {
    if (this.isComplete) return NOTHING;
    if (isException(event)) throw decodeException(event, data);
    const handle = HANDLERS.get(event);
    return handle ? handle(this, parse(data)) : NOTHING;
  }

  end(): Buffer[] {
    if (this.isStopped) return NOTHING;
    throw broken('The provider ended the stream before the answer was complete.');
  }

  begin(): Buffer[] {
    // Something on the way lost the answer, and asked for another one: two halves are no answer.
    if (this.isBegun) throw broken('The provider began another answer before the first was complete.');
    this.isBegun = true;
    return NOTHING;
  }

  openBlock({ contentBlockIndex: index = 0, start }: StreamPayload): Buffer[] {
    // A text, and a thought, are known by their first piece.
    return start?.toolUse ? this.print(this.open(index, start, undefined).open()) : NOTHING;
  }

  extendBlock({ contentBlockIndex: index = 0, delta = {} }: StreamPayload): Buffer[] {
    const known = this.blocks.get(index);
    if (known) return this.print(known.extend(deltaOf(delta)));
    const block = this.open(index, undefined, delta);
    return this.print([...block.open(), ...block.extend(deltaOf(delta))]);
  }

  closeBlock({ contentBlockIndex: index = 0 }: StreamPayload): Buffer[] {
    const block = this.blocks.get(index);
    this.blocks.delete(index);
    return block ? this.print(block.close()) : NOTHING;
  }

  stop({ stopReason }: StreamPayload): Buffer[] {
    const { calls, isAnswered, heldTexts } = this.state;
    const reason = finishReasonOf(stopReason, calls > 0);
    const held = isAnswered ? '' : heldTexts.join('');
    const last = this.print(held === '' ? [] : [{ content: held }]);
    this.isStopped = true;
    this.hasContent = true;
    return [...last, this.chunks.finish(reason), ...this.tell()];
  }

  count({ usage }: StreamPayload): Buffer[] {
    this.told = usage ?? {};
    return this.isStopped ? this.tell() : NOTHING;
  }

  private tell(): Buffer[] {
    return this.told ? this.chunks.usage(usageOf(this.told)) : NOTHING;
  }

  private open(index: number, start: BlockStart | undefined, piece: BlockPiece | undefined): OpenBlock {
    const opening = openingOf(start, piece);
    const isOneTooMany = this.isSingle && opening.type === 'tool_use' && this.state.calls > 0;
    const block = (isOneTooMany ? undefined : openBlock(opening, this.state)) ?? UNSEEN;
    this.blocks.set(index, block);
    return block;
  }

  /**
   * The role goes out with the first block and not before it: a Bedrock that is overloaded says so between the two,
   * and another target may still answer.
   */
  private print(deltas: readonly object[]): Buffer[] {
    this.hasContent ||= deltas.some(hasContent);
    const printed = deltas.map((delta) => this.chunks.delta(delta));
    if (this.hasRole) return printed;
    this.hasRole = true;
    return [this.chunks.role(), ...printed];
  }
}

function parse(data: Buffer): StreamPayload {
  try {
    const value = JSON.parse(data.toString()) as StreamPayload | null;
    if (isObject(value)) return value;
  } catch {
    // What is no JSON is no event either.
  }
  throw broken('The provider sent an event that is not JSON.');
}
