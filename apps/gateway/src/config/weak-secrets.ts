/** Shorter is within reach of somebody who tries. */
export const SHORTEST_KEY = 24;
const SECRET_BYTES = 32;

/** Fewer different ones are no draw of chance. */
const LEAST_DIFFERENT = 8;

/**
 * Keys that stand in documentation: whoever copies one has no secret. Each is long enough for a key that was drawn by
 * chance never to begin so.
 */
const EXAMPLE_KEY =
  /^(?:sk-)?(?:pllm-|proj-)?(?:(?:master|example|change[-_]?me|your|test|demo|secret|password|replace|insert|placeholder)(?:[-_ ]|$)|x{6}|0{6}|12345|\.{3}|…|<)/i;

/** What is wrong with the key that may do everything, if anything is. */
export function weaknessOfKey(key: string): string | undefined {
  if (key.length < SHORTEST_KEY) return `must be at least ${SHORTEST_KEY} characters`;
  // What else a header cannot carry, or loses at its ends.
  if (!/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(key))
    return 'must be ASCII, without spaces at its ends';
  if (isExampleKey(key)) return 'is an example value; choose your own, or let one be generated';
  if (new Set(key).size < LEAST_DIFFERENT) return 'is too regular to be a secret';
  return undefined;
}

/** Would nobody but who wrote the documentation have this key? */
export function isExampleKey(key: string): boolean {
  return EXAMPLE_KEY.test(key);
}

/** What is wrong with a key that encrypts, given in base64, if anything is. */
export function weaknessOfSecretKey(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/]{43}=$/.test(text)) return `must be ${SECRET_BYTES} bytes in base64`;
  const isRegular = new Set(Buffer.from(text, 'base64')).size < LEAST_DIFFERENT;
  return isRegular ? 'is too regular to be a secret; draw one with: openssl rand -base64 32' : undefined;
}
