import { isObject, NO_USAGE } from '#contract';
import type { GatewayError, Members, Usage } from '#contract';
import type { AnswerContext, ChatChunk, DialectStream } from '../spec.js';
import { logprobsOf, thoughtOf } from './items.js';
import { OpenCall, OpenMessage, OpenReasoning } from './open-items.js';
import type { OpenItem, Print } from './open-items.js';
import { responsesErrorEvent } from './print-error.js';
import { endOf, itemId, responseOf } from './response.js';

/** A chat's chunks as the events of a response. Calls stay open to the end: their pieces may come in turns. */
export class ResponseStream implements DialectStream {
  ending = '';
  private sequence = 0;
  private isBegun = false;
  private readonly items: OpenItem[] = [];
  private reasoning: OpenReasoning | undefined;
  private message: OpenMessage | undefined;
  /** By the index of the call. */
  private readonly calls = new Map<unknown, OpenCall>();
  private finishReason: unknown;

  constructor(private readonly context: AnswerContext) {}

  push({ choices }: ChatChunk): string {
    const begun = this.begin();
    const [choice] = choices ?? [];
    if (!choice) return begun;
    this.finishReason = choice.finish_reason ?? this.finishReason;
    const delta: Members = choice.delta ?? {};
    return (
      begun + this.think(delta) + this.write(delta, logprobsOf(choice.logprobs)) + this.call(delta.tool_calls)
    );
  }

  end(usage: Usage = NO_USAGE): string {
    const begun = this.begin();
    const { status, reason } = endOf(this.finishReason);
    const opened = this.items.some((item) => !(item instanceof OpenReasoning)) ? '' : this.openMessage();
    const closed = opened + this.closeReasoning() + this.closeMessage(status);
    const ended = [...this.calls.values()].map((call) => call.close(status)).join('');
    const output = this.items.map(({ item }) => item);
    const response = responseOf({ status, reason, output, usage }, this.context);
    this.ending = this.print(`response.${status}`, { response });
    return begun + closed + ended;
  }

  fail(error: GatewayError): string {
    return responsesErrorEvent(error, this.sequence++);
  }

  private begin(): string {
    if (this.isBegun) return '';
    this.isBegun = true;
    const response = responseOf({ status: 'in_progress', output: [] }, this.context);
    return this.print('response.created', { response }) + this.print('response.in_progress', { response });
  }

  private think(delta: Members): string {
    const thinking = thoughtOf(delta);
    const signed = Array.isArray(delta.thinking_blocks) ? delta.thinking_blocks.filter(isObject) : [];
    if (thinking === '' && signed.length === 0) return '';
    let text = '';
    if (!this.reasoning) {
      text += this.closeMessage('completed');
      this.reasoning = this.add(new OpenReasoning(this.id('rs'), this.items.length, this.print));
      text += this.reasoning.open();
    }
    if (thinking !== '') text += this.reasoning.extend(thinking);
    for (const block of signed) text += this.reasoning.sign(block);
    return text;
  }

  private write({ content, refusal }: Members, logprobs: readonly object[]): string {
    const said = typeof content === 'string' ? content : '';
    const refused = typeof refusal === 'string' ? refusal : '';
    if (said === '' && refused === '') return '';
    const opened = this.closeReasoning() + this.openMessage();
    const written = said === '' ? '' : this.message?.write(said, logprobs);
    return opened + (written ?? '') + (refused === '' ? '' : (this.message?.refuse(refused) ?? ''));
  }

  private call(calls: unknown): string {
    if (!Array.isArray(calls)) return '';
    return calls
      .filter(isObject)
      .map((call) => this.extendCall(call))
      .join('');
  }

  private extendCall(call: Members): string {
    const { arguments: given } = isObject(call.function) ? call.function : {};
    let opened = '';
    let open = this.calls.get(call.index);
    if (!open) {
      opened = this.closeReasoning() + this.closeMessage('completed');
      open = this.add(new OpenCall(this.id('fc'), this.items.length, this.print, call));
      this.calls.set(call.index, open);
      opened += open.open();
    }
    return typeof given === 'string' && given !== '' ? opened + open.extend(given) : opened;
  }

  private openMessage(): string {
    if (this.message) return '';
    this.message = this.add(new OpenMessage(this.id('msg'), this.items.length, this.print));
    return this.message.open();
  }

  private closeMessage(status: 'completed' | 'incomplete' | 'in_progress'): string {
    const closed = this.message?.close(status) ?? '';
    this.message = undefined;
    return closed;
  }

  private closeReasoning(): string {
    const closed = this.reasoning?.close() ?? '';
    this.reasoning = undefined;
    return closed;
  }

  private id(prefix: 'rs' | 'msg' | 'fc'): string {
    return itemId(prefix, this.context, this.items.length);
  }

  private add<Item extends OpenItem>(item: Item): Item {
    this.items.push(item);
    return item;
  }

  private readonly print: Print = (type, members) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.sequence++, ...members })}\n\n`;
}
