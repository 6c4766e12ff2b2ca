export { AccessLog } from './access-log.js';
export type { Access } from './access-log.js';
export { FaultLog } from './fault-log.js';
export { createLogging, describeError } from './logger.js';
export type { Logger, Logging } from './logger.js';
export { redact } from './redact.js';
