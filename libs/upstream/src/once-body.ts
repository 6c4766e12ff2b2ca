/** A body that is read once, a piece at a time, and kept by nobody behind that. */
export class OnceBody implements AsyncIterable<Buffer>, AsyncIterator<Buffer> {
  private readonly pieces: Buffer[];

  constructor(pieces: readonly Buffer[]) {
    this.pieces = [...pieces];
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Buffer>> {
    const piece = this.pieces.shift();
    return Promise.resolve(piece ? { done: false, value: piece } : { done: true, value: undefined });
  }
}
