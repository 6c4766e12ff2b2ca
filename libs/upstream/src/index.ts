export { Exchange } from './exchange.js';
export type { ResponseHead } from './exchange.js';
export { readSse } from './read-sse.js';
export { UpstreamClient } from './upstream-client.js';
export type { UpstreamRequest } from './upstream-client.js';
export { readRetryAfter } from './upstream-errors.js';
