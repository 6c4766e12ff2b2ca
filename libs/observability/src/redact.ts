const SECRETS: readonly RegExp[] = [
  /\bBearer\s+[^\s"',]+/gi,
  /\bsk-[A-Za-z0-9_-]{8,}/g,
  /\b(?:postgres(?:ql)?|rediss?):\/\/[^\s"']+/gi,
];

/** A text for the log, with what looks like a credential taken out. */
export function redact(text: string): string {
  return SECRETS.reduce((redacted, pattern) => redacted.replace(pattern, '[redacted]'), text);
}
