/** Prints a measured figure beside what was promised. */
export function report(what: string, value: number, unit: string, promise: string): void {
  const shown = value.toFixed(value < 10 ? 2 : 0);
  process.stdout.write(`  figure: ${what}: ${shown} ${unit} (promised: ${promise})\n`);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
