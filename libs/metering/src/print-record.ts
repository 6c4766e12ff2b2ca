import type { UsageRecord } from './usage-record.js';

/**
 * A record as JSON in one line. What is null, zero or false is left out: most of a record is, and the line is printed
 * on the path of every call. Whoever reads it back takes what is missing for that.
 */
export function printRecord(record: UsageRecord): string {
  return (
    `{"requestId":${quote(record.requestId)},"at":${record.at},"operation":"${record.operation}"` +
    `,"model":${quoteName(record.model)},"status":"${record.status}","httpStatus":${record.httpStatus}` +
    `,"usageSource":"${record.usageSource}","latencyMs":${record.latencyMs},"attempts":${record.attempts}` +
    text('keyId', record.keyId) +
    text('teamId', record.teamId) +
    (record.stream ? ',"stream":true' : '') +
    text('endUser', record.endUser) +
    name('provider', record.provider) +
    name('upstreamModel', record.upstreamModel) +
    text('errorCode', record.errorCode) +
    amount('promptTokens', record.promptTokens) +
    amount('completionTokens', record.completionTokens) +
    amount('cachedTokens', record.cachedTokens) +
    amount('cacheWriteTokens', record.cacheWriteTokens) +
    amount('reasoningTokens', record.reasoningTokens) +
    amount('audioPromptTokens', record.audioPromptTokens) +
    amount('audioCompletionTokens', record.audioCompletionTokens) +
    amount('images', record.images) +
    amount('audioSeconds', record.audioSeconds) +
    amount('characters', record.characters) +
    // A cost of nothing is not a cost that nobody knows.
    (record.costNanos === null ? '' : `,"costNanos":${record.costNanos}`) +
    (record.timeToFirstTokenMs === null ? '' : `,"timeToFirstTokenMs":${record.timeToFirstTokenMs}`) +
    text('leaseHolder', record.leaseHolder ?? null) +
    (record.decision ? `,"decision":${JSON.stringify(record.decision)}` : '') +
    '}'
  );
}

function text(name: keyof UsageRecord, value: string | null): string {
  return value === null ? '' : `,"${name}":${quote(value)}`;
}

function name(member: 'provider' | 'upstreamModel', value: string | null): string {
  return value === null ? '' : `,"${member}":${quoteName(value)}`;
}

function amount(name: keyof UsageRecord, value: number): string {
  return value === 0 ? '' : `,"${name}":${value}`;
}

/** What needs no escape in JSON: printable ASCII without quote and backslash. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quote(value: string): string {
  return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
}

/** Names come again and again, until clients make them up. */
const MOST_NAMES = 1_000;
/** A long one may be cut from a text that it would keep alive. */
const LONGEST_KEPT = 128;
const names = new Map<string, string>();

function quoteName(value: string): string {
  let quoted = names.get(value);
  if (quoted === undefined) {
    quoted = quote(value);
    if (names.size >= MOST_NAMES) names.clear();
    if (value.length <= LONGEST_KEPT) names.set(value, quoted);
  }
  return quoted;
}
