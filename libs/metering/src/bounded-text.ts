/** The longest name, code or end user that is kept of a call. */
const LONGEST_TEXT = 256;

/** What a client or an upstream wrote: bounded, and without what Postgres refuses: NUL, and half a surrogate pair. */
export function boundedText(text: string): string {
  const short = text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text;
  const whole = short.isWellFormed() ? short : short.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '') : whole;
}
