/** After so many milliseconds a sample counts half. */
const HALF_LIFE_MS = 30_000;

/**
 * An average in which samples count less the older they are, however regularly they come. Times are milliseconds on a
 * clock that does not go back.
 */
export class DecayingAverage {
  private total = 0;
  private weight = 0;
  private at = 0;

  constructor(private readonly halfLifeMs = HALF_LIFE_MS) {}

  /** Adds `amount` over `weight`: the average is of all amounts over all weights. */
  add(amount: number, weight: number, now: number): void {
    const kept = this.weight === 0 ? 0 : 0.5 ** (Math.max(0, now - this.at) / this.halfLifeMs);
    this.total = this.total * kept + amount;
    this.weight = this.weight * kept + weight;
    this.at = Math.max(now, this.at);
  }

  /** Undefined: nothing was measured. */
  get value(): number | undefined {
    return this.weight > 0 ? this.total / this.weight : undefined;
  }
}
