import { isObject } from '#contract';
import type { GatewayError, Members } from '#contract';
import { thoughtIn } from '../read-completion.js';
import type { AnswerContext, ChatChunk, DialectStream } from '../spec.js';
import { messagesErrorEvent } from './print-error.js';
import { messageId, messageUsage, stopReasonOf } from './read-answer.js';

/** The block that is being written, where it is one of text or thought. */
interface Writing {
  readonly kind: 'text' | 'thinking';
  readonly index: number;
}

/** A chat's chunks as Anthropic's events. Blocks of tools stay open to the end: calls may come in turns. */
export class MessageStream implements DialectStream {
  readonly ending = event('message_stop', {});
  private isBegun = false;
  private isRefused = false;
  private writing: Writing | undefined;
  private blocks = 0;
  /** Places of the blocks of tools, by the index of the call. */
  private readonly calls = new Map<unknown, number>();
  private finishReason: unknown;
  private usage: unknown;

  constructor(private readonly context: AnswerContext) {}

  push({ choices, usage }: ChatChunk): string {
    const begun = this.begin();
    if (isObject(usage)) this.usage = usage;
    const [choice] = choices ?? [];
    if (!choice) return begun;
    this.finishReason = choice.finish_reason ?? this.finishReason;
    const delta: Members = choice.delta ?? {};
    return begun + this.think(delta) + this.write(delta) + this.call(delta.tool_calls);
  }

  end(): string {
    const begun = this.begin();
    const closed = this.close() + [...this.calls.values()].map(stop).join('');
    const reason = this.isRefused ? 'refusal' : stopReasonOf(this.finishReason, this.calls.size > 0);
    const delta = { stop_reason: reason, stop_sequence: null };
    return begun + closed + event('message_delta', { delta, usage: messageUsage(this.usage) });
  }

  fail(error: GatewayError): string {
    return messagesErrorEvent(error, this.context.requestId);
  }

  private begin(): string {
    if (this.isBegun) return '';
    this.isBegun = true;
    const { model, requestId } = this.context;
    const head = JSON.stringify({ id: messageId(requestId), type: 'message', role: 'assistant' });
    const tail = JSON.stringify({
      content: [],
      stop_reason: null,
      stop_sequence: null,
      // A chat tells what it took at its end.
      usage: messageUsage(undefined),
    });
    const message = `${head.slice(0, -1)},"model":${model.toString()},${tail.slice(1)}`;
    return `event: message_start\ndata: {"type":"message_start","message":${message}}\n\n`;
  }

  /** What was thought comes in pieces, then whole and signed. */
  private think(delta: Members): string {
    const thinking = thoughtIn(delta);
    let text = thinking === '' ? '' : this.extend('thinking', { type: 'thinking_delta', thinking });
    const signed = Array.isArray(delta.thinking_blocks) ? delta.thinking_blocks.filter(isObject) : [];
    for (const block of signed) text += this.sign(block);
    return text;
  }

  private sign(block: Members): string {
    const { type, data } = block;
    if (type === 'redacted_thinking') return this.close() + this.open({ type, data }) + stop(this.blocks - 1);
    const begun = this.writing?.kind === 'thinking' ? '' : this.extend('thinking', thoughtDelta(block));
    const { index = 0 } = this.writing ?? {};
    const delta = { type: 'signature_delta', signature: block.signature ?? '' };
    return begun + event('content_block_delta', { index, delta }) + this.close();
  }

  private write({ content, refusal }: Members): string {
    if (typeof refusal === 'string' && refusal !== '') this.isRefused = true;
    const texts = [content, refusal].filter((text) => typeof text === 'string' && text !== '');
    return texts.map((text) => this.extend('text', { type: 'text_delta', text })).join('');
  }

  private call(calls: unknown): string {
    if (!Array.isArray(calls)) return '';
    return calls
      .filter(isObject)
      .map((call) => this.extendCall(call))
      .join('');
  }

  private extendCall(call: Members): string {
    const { name, arguments: given } = isObject(call.function) ? call.function : {};
    let opened = '';
    let index = this.calls.get(call.index);
    if (index === undefined) {
      opened = this.close();
      index = this.blocks;
      this.calls.set(call.index, index);
      opened += this.open({ type: 'tool_use', id: call.id, name, input: {} });
    }
    if (typeof given !== 'string' || given === '') return opened;
    const delta = { type: 'input_json_delta', partial_json: given };
    return opened + event('content_block_delta', { index, delta });
  }

  private extend(kind: Writing['kind'], delta: object): string {
    let opened = '';
    if (this.writing?.kind !== kind) {
      opened = this.close();
      this.writing = { kind, index: this.blocks };
      opened += this.open(
        kind === 'text' ? { type: kind, text: '' } : { type: kind, thinking: '', signature: '' },
      );
    }
    return opened + event('content_block_delta', { index: this.writing?.index, delta });
  }

  private open(block: object): string {
    return event('content_block_start', { index: this.blocks++, content_block: block });
  }

  private close(): string {
    const { writing } = this;
    this.writing = undefined;
    return writing ? stop(writing.index) : '';
  }
}

function thoughtDelta({ thinking }: Members): object {
  return { type: 'thinking_delta', thinking: thinking ?? '' };
}

function stop(index: number): string {
  return event('content_block_stop', { index });
}

function event(type: string, members: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
}
