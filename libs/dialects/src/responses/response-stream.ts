import { isObject, responsesErrorEvent } from '#contract';
import type { GatewayError, Members } from '#contract';
import { thoughtIn } from '../read-completion.js';
import type { AnswerContext, ChatChunk, ChunkChoice, DialectStream } from '../spec.js';
import { EventPrinter } from './event-printer.js';
import { OpenCall } from './open-call.js';
import type { OpenItem, Place } from './open-item.js';
import { OpenMessage } from './open-message.js';
import { OpenReasoning } from './open-reasoning.js';
import { printEnvelope } from './print-envelope.js';
import { callsIn, incompleteReasonOf, logprobsIn, signatureIn, signedIn, textOf } from './read-answer.js';
import type { IncompleteReason } from './read-answer.js';
import { idOf } from './wire.js';
import type { Said } from './wire.js';

const APART: ReadonlySet<unknown> = new Set(['redacted_thinking', 'signature']);

/** A chat's chunks as OpenAI's events. */
export class ResponseStream implements DialectStream {
  ending = '';
  private readonly events = new EventPrinter();
  private isBegun = false;
  private readonly items: OpenItem[] = [];
  /** The item that is being written, where it is a thought or a message. */
  private writing: OpenReasoning | OpenMessage | undefined;
  /** By the index of the call. */
  private readonly calls = new Map<unknown, OpenCall>();
  private finishReason: unknown;
  private usage: unknown;
  private tier: unknown;

  constructor(private readonly context: AnswerContext) {}

  push({ choices, usage, service_tier: tier }: ChatChunk): string {
    const begun = this.begin();
    if (isObject(usage)) this.usage = usage;
    this.tier = tier ?? this.tier;
    const [choice] = choices ?? [];
    if (!choice) return begun;
    this.finishReason = choice.finish_reason ?? this.finishReason;
    const delta = choice.delta ?? {};
    return begun + this.think(delta) + this.write(delta, choice) + this.signAll(delta) + this.callAll(delta);
  }

  end(): string {
    const begun = this.begin();
    const reason = incompleteReasonOf(this.finishReason);
    const last = this.items.at(-1);
    const closed = this.items.map((item) =>
      item.close(reason !== undefined && item === last ? 'incomplete' : 'completed'),
    );
    const type = reason === undefined ? 'response.completed' : 'response.incomplete';
    this.ending = this.events.printLast(type, { response: this.print(true, reason) });
    return begun + closed.join('');
  }

  fail(error: GatewayError): string {
    return responsesErrorEvent(error, this.events.next);
  }

  private begin(): string {
    if (this.isBegun) return '';
    this.isBegun = true;
    const response = this.print(false);
    return (
      this.events.print('response.created', { response }) +
      this.events.print('response.in_progress', { response })
    );
  }

  private print(isDone: boolean, reason?: IncompleteReason): Said {
    const { context, usage, tier } = this;
    const output = this.items.map(({ item }) => item);
    return printEnvelope(context, { output, isDone, reason, usage, tier });
  }

  /** What was thought comes in pieces, then whole and signed. */
  private think(delta: Members): string {
    const thinking = thoughtIn(delta);
    let text = '';
    if (thinking !== '') {
      const { opened, item } = this.turnTo(OpenReasoning, 'rs');
      text = opened + item.extend(thinking);
    }
    for (const block of signedIn(delta)) text += this.sign(block);
    return text;
  }

  private sign(block: Said): string {
    // What is under a seal, or is no thought, has no text, and is none of the thought before it.
    const closed = APART.has(block.type) ? this.close() : '';
    const { opened, item, isNew } = this.turnTo(OpenReasoning, 'rs');
    const thinking = isNew ? textOf(block.thinking) : '';
    const told = thinking === '' ? '' : item.extend(thinking);
    this.writing = undefined;
    return closed + opened + told + item.sign(block);
  }

  private signAll(piece: Members, callId?: string): string {
    const signature = signatureIn(piece, callId);
    return signature ? this.sign(signature) : '';
  }

  private write(delta: Members, { logprobs }: ChunkChoice): string {
    const [said, refusal] = [textOf(delta.content), textOf(delta.refusal)];
    if (said === '' && refusal === '') return '';
    const { opened, item } = this.turnTo(OpenMessage, 'msg');
    const told = said === '' ? '' : item.say(said, logprobsIn(logprobs));
    return opened + told + (refusal === '' ? '' : item.refuse(refusal));
  }

  private callAll(delta: Members): string {
    return callsIn(delta)
      .map((piece) => this.call(piece))
      .join('');
  }

  private call(piece: Said): string {
    const known = this.calls.get(piece.index);
    if (known) return known.extend(piece);
    const closed = this.signAll(piece, textOf(piece.id)) + this.close();
    const call = new OpenCall(this.place('fc'), piece);
    this.calls.set(piece.index, call);
    return closed + this.open(call) + call.extend(piece);
  }

  /** The item that is being written, where it is one of that kind, else a new one. */
  private turnTo<Item extends OpenReasoning | OpenMessage>(
    Kind: new (place: Place) => Item,
    prefix: 'rs' | 'msg',
  ): { opened: string; item: Item; isNew: boolean } {
    const { writing } = this;
    if (writing instanceof Kind) return { opened: '', item: writing, isNew: false };
    const closed = this.close();
    const item = new Kind(this.place(prefix));
    this.writing = item;
    return { opened: closed + this.open(item), item, isNew: true };
  }

  private place(prefix: 'rs' | 'msg' | 'fc'): Place {
    const index = this.items.length;
    return { id: idOf(prefix, this.context.requestId, index), index, events: this.events };
  }

  private open(item: OpenItem): string {
    this.items.push(item);
    return item.open();
  }

  private close(): string {
    const { writing } = this;
    this.writing = undefined;
    return writing?.close('completed') ?? '';
  }
}
