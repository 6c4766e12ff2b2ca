/** Prints events one after the other, and numbers them. */
export class EventPrinter {
  private printed = 0;

  /** The number of the event that comes next. */
  get next(): number {
    return this.printed;
  }

  print(type: string, members: object): string {
    const text = this.printLast(type, members);
    this.printed++;
    return text;
  }

  /** An event that may never be sent: another can come in its place. */
  printLast(type: string, members: object): string {
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.next, ...members })}\n\n`;
  }
}
