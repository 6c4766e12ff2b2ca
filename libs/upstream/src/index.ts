export type { AccessToken } from './access-token.js';
export { Exchange, MOST_BYTES } from './exchange.js';
export type { ResponseHeaders } from './exchange.js';
export { isForbiddenHost } from './forbidden-addresses.js';
export { SseReader } from './sse-reader.js';
export type { TokenSource } from './token-source.js';
export { UpstreamClient } from './upstream-client.js';
export type { UpstreamRequest } from './upstream-client.js';
export { readRetryAfter } from './upstream-errors.js';
