import { OpenItem } from './open-item.js';
import { printMessage, refusalPart, textPart } from './print-item.js';
import type { ItemStatus } from './print-item.js';
import type { Said } from './wire.js';

/** The part that is being written. */
interface Writing {
  readonly kind: 'output_text' | 'refusal';
  text: string;
  readonly logprobs: Said[];
}

/** What the model says, in a part for each of a text and a refusal. */
export class OpenMessage extends OpenItem {
  private readonly parts: Said[] = [];
  private writing: Writing | undefined;

  say(delta: string, logprobs: readonly Said[]): string {
    const begun = this.begin('output_text');
    return begun + this.extend(delta, logprobs, { logprobs });
  }

  refuse(delta: string): string {
    const begun = this.begin('refusal');
    return begun + this.extend(delta, [], {});
  }

  protected finish(): string {
    const { writing, parts } = this;
    if (!writing) return '';
    const { kind, text, logprobs } = writing;
    const whole = kind === 'refusal' ? { refusal: text } : { text, logprobs };
    const part = partOf(writing);
    const content_index = parts.length;
    this.writing = undefined;
    parts.push(part);
    const done = this.tell(`response.${kind}.done`, { content_index, ...whole });
    return done + this.tell('response.content_part.done', { content_index, part });
  }

  protected print(status: ItemStatus): Said {
    return printMessage(this.place.id, [...this.parts], status);
  }

  private begin(kind: Writing['kind']): string {
    if (this.writing?.kind === kind) return '';
    const finished = this.finish();
    this.writing = { kind, text: '', logprobs: [] };
    const part = partOf(this.writing);
    return finished + this.tell('response.content_part.added', { content_index: this.parts.length, part });
  }

  private extend(delta: string, logprobs: readonly Said[], members: Said): string {
    const { writing, parts } = this;
    if (!writing) return '';
    writing.text += delta;
    for (const one of logprobs) writing.logprobs.push(one);
    return this.tell(`response.${writing.kind}.delta`, { content_index: parts.length, delta, ...members });
  }
}

function partOf({ kind, text, logprobs }: Writing): Said {
  return kind === 'refusal' ? refusalPart(text) : textPart(text, logprobs);
}
