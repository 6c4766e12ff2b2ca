import type { EventPrinter } from './event-printer.js';
import type { ItemStatus } from './print-item.js';
import type { Said } from './wire.js';

/** Where an item stands in the answer, and where its events are printed. */
export interface Place {
  readonly id: string;
  readonly index: number;
  readonly events: EventPrinter;
}

/** An item on its way: each step gives the events that the client should see. */
export abstract class OpenItem {
  private closed: Said | undefined;

  constructor(protected readonly place: Place) {}

  /** As it stands now. */
  get item(): Said {
    return this.closed ?? this.print('in_progress');
  }

  open(): string {
    const { index, events } = this.place;
    return events.print('response.output_item.added', { output_index: index, item: this.item });
  }

  /** Once closed, it stays as it is. */
  close(status: ItemStatus): string {
    if (this.closed) return '';
    const { index, events } = this.place;
    const finished = this.finish();
    this.closed = this.print(status);
    return finished + events.print('response.output_item.done', { output_index: index, item: this.closed });
  }

  /** An event that is about this item. */
  protected tell(type: string, members: object): string {
    const { id, index, events } = this.place;
    return events.print(type, { item_id: id, output_index: index, ...members });
  }

  /** Ends the parts of it that are open. */
  protected abstract finish(): string;
  protected abstract print(status: ItemStatus): Said;
}
