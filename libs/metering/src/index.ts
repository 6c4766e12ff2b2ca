export { readSpoolState } from './spool-state.js';
export type { SpoolState } from './spool-state.js';
export { Tally } from './tally.js';
export type { TalliedCall } from './tally.js';
export type { CallStatus, UsageRecord, UsageSource } from './usage-record.js';
export { UsageSpool } from './usage-spool.js';
export type { SpoolOptions } from './usage-spool.js';
