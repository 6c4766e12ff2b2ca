/** How long one bucket counts, in milliseconds. */
const BUCKET_MS = 1_000;

/**
 * Counts what happened lately, by the second, in a ring that is made once. Times are milliseconds on a clock that does
 * not go back; where it does, it stands still.
 */
export class SlidingCount {
  private readonly counts: number[];
  private bucket = 0;

  /** @param seconds how many of them are remembered, the one that has begun included */
  constructor(private readonly seconds: number) {
    this.counts = Array.from({ length: seconds }, () => 0);
  }

  add(now: number): void {
    this.advance(now);
    const at = this.bucket % this.seconds;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
  }

  /** Of the last so many seconds, the one that has begun included. */
  sum(now: number, seconds = this.seconds): number {
    this.advance(now);
    let sum = 0;
    for (let back = 0; back < Math.min(seconds, this.bucket + 1); back++)
      sum += this.counts[(this.bucket - back) % this.seconds] ?? 0;
    return sum;
  }

  clear(): void {
    this.counts.fill(0);
  }

  private advance(now: number): void {
    const bucket = Math.floor(now / BUCKET_MS);
    if (bucket <= this.bucket) return;
    if (bucket - this.bucket >= this.seconds) this.clear();
    else for (let next = this.bucket + 1; next <= bucket; next++) this.counts[next % this.seconds] = 0;
    this.bucket = bucket;
  }
}
