import { OpenItem } from './open-item.js';
import type { Place } from './open-item.js';
import { printCall } from './print-item.js';
import type { Call, ItemStatus } from './print-item.js';
import { callOf } from './read-answer.js';
import type { Said } from './wire.js';

/** A function that the model calls. It stays open to the end: calls may come in turns. */
export class OpenCall extends OpenItem {
  private readonly call: Call;
  private arguments = '';

  constructor(place: Place, first: Said) {
    super(place);
    this.call = callOf(first, place.id);
  }

  extend(piece: Said): string {
    const { arguments: delta } = callOf(piece, this.place.id);
    if (delta === '') return '';
    this.arguments += delta;
    return this.tell('response.function_call_arguments.delta', { delta });
  }

  protected finish(): string {
    const { name } = this.call;
    return this.tell('response.function_call_arguments.done', { name, arguments: this.arguments });
  }

  protected print(status: ItemStatus): Said {
    return printCall(this.place.id, { ...this.call, arguments: this.arguments }, status);
  }
}
