import type { Sample } from './sample.js';

/** Counts by size: plain numbers, so that seeing a value is two additions. */
export class Histogram {
  private readonly counts: Float64Array;
  private sum = 0;

  /** @param bounds the upper end of each bucket, ascending; above the last there is one more */
  constructor(private readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] as number)) at++;
    counts[at] = (counts[at] as number) + 1;
    this.sum += value;
  }

  /** As Prometheus wants it: each bucket holds those below it too. */
  samples(name: string, labels: Readonly<Record<string, string>>): Sample[] {
    const samples: Sample[] = [];
    let count = 0;
    this.counts.forEach((inBucket, at) => {
      count += inBucket;
      const le = String(this.bounds[at] ?? '+Inf');
      samples.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: count });
    });
    if (count === 0) return [];
    samples.push({ metricName: `${name}_sum`, labels, value: this.sum });
    samples.push({ metricName: `${name}_count`, labels, value: count });
    return samples;
  }
}
