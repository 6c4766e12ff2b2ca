import type { UsageRecord } from '#metering';
import type { Database } from '#persistence';
import { insertUsageRecords } from '#persistence';

/** A record of a call that never was. */
export function madeRecord(requestId: string, at: Date, rest: Partial<UsageRecord> = {}): UsageRecord {
  return {
    requestId,
    at: at.getTime(),
    keyId: null,
    teamId: null,
    operation: 'chat',
    model: 'made-up',
    provider: null,
    upstreamModel: null,
    stream: false,
    status: 'ok',
    httpStatus: 200,
    errorCode: null,
    promptTokens: 1,
    completionTokens: 1,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    audioPromptTokens: 0,
    audioCompletionTokens: 0,
    images: 0,
    audioSeconds: 0,
    characters: 0,
    usageSource: 'upstream',
    costNanos: 7,
    latencyMs: 1,
    timeToFirstTokenMs: null,
    attempts: 1,
    endUser: null,
    ...rest,
  };
}

export function insertMade(database: Database, records: readonly UsageRecord[]): Promise<void> {
  const lines = records.map((each) => `${JSON.stringify(each)}\n`).join('');
  return insertUsageRecords(database, Buffer.from(lines));
}
