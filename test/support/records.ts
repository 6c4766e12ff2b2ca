import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MASTER_KEY } from './gateway.js';
import type { Answer, TestBench } from './gateway.js';
import { until } from './until.js';

/** What the admin API shows of a call. */
export interface ShownRecord {
  readonly request_id: string;
  readonly at: string;
  readonly key: string | null;
  readonly team: string | null;
  readonly operation: string;
  readonly model: string;
  readonly provider: string | null;
  readonly upstream_model: string | null;
  readonly stream: boolean;
  readonly status: string;
  readonly http_status: number;
  readonly error_code: string | null;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly images: number;
  readonly audio_seconds: number;
  readonly characters: number;
  readonly usage_source: string;
  readonly priced: boolean;
  readonly cost_usd: string | null;
  readonly attempts: number;
  readonly user: string | null;
}

/** How long the ledger may take to show a call. */
const SHOWN_WITHIN_MS = 2_000;

/** The record of a call, when it shows. */
export function recordOf(bench: TestBench, requestId: string): Promise<ShownRecord> {
  return until(async () => {
    const answer: Answer = await bench.request('GET', `/v1/admin/requests/${requestId}`, undefined, {
      authorization: `Bearer ${MASTER_KEY}`,
    });
    return answer.status === 200 && (answer.json as ShownRecord);
  }, SHOWN_WITHIN_MS);
}

/** The records of a model's calls, newest first, when there are so many. */
export function recordsOf(bench: TestBench, model: string, count = 1): Promise<ShownRecord[]> {
  return until(async () => {
    const { data } = await bench.admin('GET', `/requests?model=${encodeURIComponent(model)}`);
    return data.length >= count && (data as ShownRecord[]);
  }, SHOWN_WITHIN_MS);
}

/** All that lies in the spool now. */
export function readSpool(dataDir: string): string {
  const folder = join(dataDir, 'spool');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('');
}
