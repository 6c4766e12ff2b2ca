/** One line of the exposition, in prom-client's shape. */
export interface Sample {
  /** Where it is not the metric's own: `…_bucket`. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
