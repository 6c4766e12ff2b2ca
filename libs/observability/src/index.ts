export { createLogger, describeError } from './logger.js';
export type { Logger } from './logger.js';
export { redact } from './redact.js';
