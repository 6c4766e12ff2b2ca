export { CallSignal } from './call-signal.js';
export { ERRORS, GatewayError } from './errors.js';
export type { ErrorBody, ErrorCode, ErrorDetails, ErrorType, Retry, UpstreamFault } from './errors.js';
export { JsonMembers } from './json-members.js';
export type {
  ChatMessage,
  ChatRequest,
  Operation,
  OperationName,
  RelayedRequest,
  RequestSpans,
  Span,
  WireRequest,
} from './operation.js';
export { DEFAULT_TIMEOUTS } from './target.js';
export type { Provider, Target, Timeouts } from './target.js';
export type { ChunksReply, Emit, HeaderPairs, OpenReply, Reply, WholeReply } from './reply.js';
export { splice } from './splice.js';
export type { Edit } from './splice.js';
export { SseParser } from './sse.js';
export type { SseEvent } from './sse.js';
export { readUsage } from './usage.js';
export type { Usage } from './usage.js';
