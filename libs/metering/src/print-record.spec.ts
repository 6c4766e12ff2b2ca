import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printRecord } from './print-record.js';
import type { UsageRecord } from './usage-record.js';

const count = fc.oneof(fc.constant(0), fc.nat());
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '"', '\\', '\n', '\u2028'),
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

const records: fc.Arbitrary<UsageRecord> = fc.record({
  requestId: text,
  at: fc.nat(),
  keyId: maybe(text),
  teamId: maybe(text),
  operation: fc.constantFrom('chat', 'speech'),
  model: text,
  provider: maybe(text),
  upstreamModel: maybe(text),
  stream: fc.boolean(),
  status: fc.constantFrom('ok', 'error', 'cancelled'),
  httpStatus: fc.nat(599),
  errorCode: maybe(text),
  promptTokens: count,
  completionTokens: count,
  cachedTokens: count,
  cacheWriteTokens: count,
  reasoningTokens: count,
  audioPromptTokens: count,
  audioCompletionTokens: count,
  images: count,
  audioSeconds: fc.oneof(fc.constant(0), fc.double({ min: 0.001, noNaN: true, noDefaultInfinity: true })),
  characters: count,
  usageSource: fc.constantFrom('upstream', 'partial', 'estimated', 'none'),
  costNanos: maybe(count),
  latencyMs: count,
  timeToFirstTokenMs: maybe(count),
  attempts: count,
  endUser: maybe(text),
  decision: maybe(
    fc.record({ strategy: text, tried: fc.array(fc.record({ provider: text, score: maybe(count) })) }),
  ),
});

/** What a reader takes a missing member for. */
function missing(member: keyof UsageRecord, record: UsageRecord): unknown {
  if (member === 'costNanos' || member === 'timeToFirstTokenMs') return null;
  if (member === 'stream') return false;
  return typeof record[member] === 'number' ? 0 : null;
}

describe('a record as a line', () => {
  it('says all of it, but for what is nothing', () => {
    fc.assert(
      fc.property(records, (record) => {
        const line = printRecord(record);
        const read = JSON.parse(line) as Record<string, unknown>;
        for (const member of Object.keys(record) as (keyof UsageRecord)[]) {
          const value = read[member] ?? missing(member, record);
          expect(value).toEqual(record[member]);
        }
        expect(line).not.toContain('\n');
      }),
      { numRuns: 2_000 },
    );
  });

  it('says nothing of a decision that was none', () => {
    const [record] = fc.sample(records, 1) as [UsageRecord];
    for (const decision of [null, undefined])
      expect(JSON.parse(printRecord({ ...record, decision }))).not.toHaveProperty('decision');
  });

  it('knows a cost of nothing from one that nobody knows', () => {
    const [record] = fc.sample(records, 1) as [UsageRecord];
    expect(JSON.parse(printRecord({ ...record, costNanos: 0 }))).toHaveProperty('costNanos', 0);
    expect(JSON.parse(printRecord({ ...record, costNanos: null }))).not.toHaveProperty('costNanos');
  });
});
