/** Milliseconds to the thousandth, which is as much as anybody can tell: two integers are printed sooner than a fraction. */
export function millisText(ms: number): string {
  const micros = Math.max(0, Math.round(ms * 1000));
  return `${Math.floor(micros / 1000)}${THOUSANDTHS[micros % 1000]}`;
}

const THOUSANDTHS = Array.from({ length: 1000 }, (_, part) => (part / 1000).toFixed(3).slice(1));
