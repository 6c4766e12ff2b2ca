import { OpenItem } from './open-item.js';
import { printReasoning, summaryPart } from './print-item.js';
import type { Said } from './wire.js';

/** A thought, told as its one summary. */
export class OpenReasoning extends OpenItem {
  private text = '';
  private signed: Said | undefined;

  extend(delta: string): string {
    const begun =
      this.text === ''
        ? this.tell('response.reasoning_summary_part.added', { summary_index: 0, part: summaryPart('') })
        : '';
    this.text += delta;
    return begun + this.tell('response.reasoning_summary_text.delta', { summary_index: 0, delta });
  }

  /** The whole thought, as its provider wants it back: nothing comes behind it. */
  sign(block: Said): string {
    this.signed = block;
    return this.close('completed');
  }

  protected finish(): string {
    const { text } = this;
    if (text === '') return '';
    const done = this.tell('response.reasoning_summary_text.done', { summary_index: 0, text });
    const part = summaryPart(text);
    return done + this.tell('response.reasoning_summary_part.done', { summary_index: 0, part });
  }

  protected print(): Said {
    return printReasoning(this.place.id, this.text, this.signed);
  }
}
