export { Exchange, MOST_BYTES } from './exchange.js';
export type { ResponseHeaders } from './exchange.js';
export { isForbiddenHost } from './forbidden-addresses.js';
export { FRAMINGS } from './framings.js';
export type { EventReader } from './framings.js';
export { UpstreamClient } from './upstream-client.js';
export type { UpstreamRequest } from './upstream-client.js';
export { readRetryAfter } from './upstream-errors.js';
