/** A body that is read once, and kept by nobody behind that. */
export class OnceBody implements AsyncIterable<Buffer>, AsyncIterator<Buffer> {
  constructor(private body: Buffer | undefined) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Buffer>> {
    const { body } = this;
    this.body = undefined;
    return Promise.resolve(body ? { done: false, value: body } : { done: true, value: undefined });
  }
}
