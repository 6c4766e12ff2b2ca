const LINE_FEED = 0x0a;
const FIRST_BYTES = 64 * 1024;
/** A UTF-16 unit takes at most so many bytes in UTF-8. */
const MOST_BYTES_A_UNIT = 3;
/** The most lines of a batch. */
const BATCH = 1_000;

/** Lines of text as bytes, each with its line end. They lie outside the heap: what waits there is no work for the garbage collector. */
export class Lines {
  count = 0;
  /** In bytes. */
  length = 0;
  private bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  private readonly batchEnds: number[] = [];

  push(line: string): void {
    const most = line.length * MOST_BYTES_A_UNIT + 1;
    if (this.length + most > this.bytes.length) this.grow(most);
    this.length += this.bytes.write(line, this.length);
    this.bytes[this.length++] = LINE_FEED;
    if (++this.count % BATCH === 0) this.batchEnds.push(this.length);
  }

  /** What came behind the first `start` bytes; good until the next `push`. */
  since(start: number): Buffer {
    return this.bytes.subarray(start, this.length);
  }

  /** A thousand lines at a time, and the rest. */
  batches(): Buffer[] {
    const ends = this.batchEnds.at(-1) === this.length ? this.batchEnds : [...this.batchEnds, this.length];
    return ends
      .map((end, index) => this.bytes.subarray(ends[index - 1] ?? 0, end))
      .filter((batch) => batch.length > 0);
  }

  private grow(by: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + by));
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
  }
}
