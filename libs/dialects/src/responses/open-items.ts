import type { Members } from '#contract';
import { callItem, messageItem, reasoningItem, refusalPart, summaryPart, textPart } from './items.js';
import type { ItemStatus } from './items.js';
import { withoutIndex } from './thoughts.js';

/** Prints an event, with the next number. */
export type Print = (type: string, members: object) => string;

/** An item while its pieces come. */
export interface OpenItem {
  /** Its last events. What it is then is `item`. */
  close(status: ItemStatus): string;
  readonly item: object;
}

/** What was thought: a summary in pieces, and signed thoughts that go along sealed. */
export class OpenReasoning implements OpenItem {
  item: object;
  private text = '';
  private readonly signed: Members[] = [];

  constructor(
    private readonly id: string,
    private readonly place: number,
    private readonly print: Print,
  ) {
    this.item = reasoningItem(id, '', []);
  }

  open(): string {
    return this.print('response.output_item.added', { output_index: this.place, item: this.item });
  }

  extend(delta: string): string {
    const first = this.text === '' ? this.tell('part.added', { part: summaryPart('') }) : '';
    this.text += delta;
    return first + this.tell('text.delta', { delta });
  }

  /** A thought that comes signed has mostly been told before, in pieces. */
  sign(block: Members): string {
    this.signed.push(withoutIndex(block));
    const { thinking } = block;
    return typeof thinking === 'string' && thinking !== '' && this.text === '' ? this.extend(thinking) : '';
  }

  close(): string {
    const { text } = this;
    this.item = reasoningItem(this.id, text, this.signed);
    const told =
      text === ''
        ? ''
        : this.tell('text.done', { text }) + this.tell('part.done', { part: summaryPart(text) });
    return told + this.print('response.output_item.done', { output_index: this.place, item: this.item });
  }

  private tell(what: string, members: object): string {
    const where = { item_id: this.id, output_index: this.place, summary_index: 0 };
    return this.print(`response.reasoning_summary_${what}`, { ...where, ...members });
  }
}

/** What is said: a text, a refusal, or both one after the other. */
export class OpenMessage implements OpenItem {
  item: object;
  private readonly parts: object[] = [];
  private kind: 'text' | 'refusal' | undefined;
  private text = '';
  private logprobs: object[] = [];

  constructor(
    private readonly id: string,
    private readonly place: number,
    private readonly print: Print,
  ) {
    this.item = messageItem(id, [], 'in_progress');
  }

  open(): string {
    return this.print('response.output_item.added', { output_index: this.place, item: this.item });
  }

  write(delta: string, logprobs: readonly object[]): string {
    const begun = this.begin('text');
    this.text += delta;
    this.logprobs.push(...logprobs);
    return begun + this.tell('output_text.delta', { delta, logprobs });
  }

  refuse(delta: string): string {
    const begun = this.begin('refusal');
    this.text += delta;
    return begun + this.tell('refusal.delta', { delta });
  }

  close(status: ItemStatus): string {
    const begun = this.parts.length === 0 ? this.begin('text') : '';
    const ended = this.endPart();
    this.item = messageItem(this.id, this.parts, status);
    return (
      begun + ended + this.print('response.output_item.done', { output_index: this.place, item: this.item })
    );
  }

  private begin(kind: 'text' | 'refusal'): string {
    if (this.kind === kind) return '';
    const ended = this.endPart();
    this.kind = kind;
    return (
      ended + this.tell('content_part.added', { part: kind === 'text' ? textPart('', []) : refusalPart('') })
    );
  }

  private endPart(): string {
    const { kind, text, logprobs } = this;
    if (kind === undefined) return '';
    const part = kind === 'text' ? textPart(text, logprobs) : refusalPart(text);
    const done =
      kind === 'text'
        ? this.tell('output_text.done', { text, logprobs })
        : this.tell('refusal.done', { refusal: text });
    const ended = done + this.tell('content_part.done', { part });
    this.parts.push(part);
    this.kind = undefined;
    this.text = '';
    this.logprobs = [];
    return ended;
  }

  private tell(what: string, members: object): string {
    const where = { item_id: this.id, output_index: this.place, content_index: this.parts.length };
    return this.print(`response.${what}`, { ...where, ...members });
  }
}

/** A call of a function. */
export class OpenCall implements OpenItem {
  item: object;
  private given = '';

  constructor(
    private readonly id: string,
    private readonly place: number,
    private readonly print: Print,
    private readonly call: Members,
  ) {
    this.item = callItem(id, call, '', 'in_progress');
  }

  open(): string {
    return this.print('response.output_item.added', { output_index: this.place, item: this.item });
  }

  extend(delta: string): string {
    this.given += delta;
    return this.print('response.function_call_arguments.delta', { ...this.where, delta });
  }

  close(status: ItemStatus): string {
    const { given } = this;
    this.item = callItem(this.id, this.call, given, status);
    const { name } = this.item as { name: string };
    return (
      this.print('response.function_call_arguments.done', { ...this.where, name, arguments: given }) +
      this.print('response.output_item.done', { output_index: this.place, item: this.item })
    );
  }

  private get where(): object {
    return { item_id: this.id, output_index: this.place };
  }
}
