import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, TestBench } from './gateway.js';

/** Calls show within this time. */
const SHOWN_AFTER_MS = 2_000;

/** The record of a call, by its `x-request-id`, as soon as the admin API shows it. */
export async function usageRecord(
  bench: Pick<TestBench, 'admin'>,
  requestId: string | null | undefined,
): Promise<Answer['json']> {
  const deadline = Date.now() + SHOWN_AFTER_MS;
  for (;;) {
    const { data } = await bench.admin('GET', '/requests?limit=1000');
    const record = data.find((row: { request_id: string }) => row.request_id === requestId);
    if (record) return record;
    if (Date.now() > deadline) throw new Error(`No record of ${requestId} in ${SHOWN_AFTER_MS} ms`);
    await sleep(20);
  }
}
