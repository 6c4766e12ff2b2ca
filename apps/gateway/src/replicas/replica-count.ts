/** How long a gateway that is not seen any more is counted, in milliseconds: a window of the limits that are shared. */
const REMEMBERED_MS = 60_000;

/** Where others may be and nobody has counted them yet. */
const UNKNOWN = 2;

/**
 * How many gateways share what there is: the most that were seen lately, so that one that is away for a moment, or
 * restarted, has not left its share to the others. Times are milliseconds on a clock that does not go back.
 */
export class ReplicaCount {
  private seen: { readonly at: number; readonly count: number }[] = [];

  constructor(private readonly clock: () => number) {}

  see(count: number): void {
    const now = this.clock();
    // Whoever was seen before, and was no more, never matters again.
    const kept = this.seen.filter((one) => one.count > count && now - one.at < REMEMBERED_MS);
    this.seen = [...kept, { at: now, count }];
  }

  /** The last count stands as long as there is no other; undefined: nobody has counted yet. */
  get known(): number | undefined {
    const now = this.clock();
    const seen = this.seen.find(({ at }) => now - at < REMEMBERED_MS) ?? this.seen.at(-1);
    return seen && Math.max(1, seen.count);
  }

  get value(): number {
    return this.known ?? UNKNOWN;
  }
}
