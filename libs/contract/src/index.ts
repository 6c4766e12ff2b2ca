export { Bag } from './bag.js';
export type { Bagged } from './bag.js';
export { CallSignal } from './call-signal.js';
export { ERRORS, GatewayError } from './errors.js';
export type { ErrorBody, ErrorCode, ErrorDetails, ErrorType, Retry, UpstreamFault } from './errors.js';
export { JsonMembers } from './json-members.js';
export { asksForStream } from './operation.js';
export type {
  ChatMessage,
  ChatRequest,
  CompletionRequest,
  EmbeddingsRequest,
  ImageEditRequest,
  ImageRequest,
  JsonRequest,
  ModerationRequest,
  Operation,
  OperationName,
  RelayedRequest,
  RerankRequest,
  RequestSpans,
  Span,
  SpeechRequest,
  TranscriptionRequest,
  Upload,
  UploadRequest,
  WireRequest,
} from './operation.js';
export type { Price, PriceUnit } from './price.js';
export { DEFAULT_TIMEOUTS } from './target.js';
export type { Provider, Target, Timeouts } from './target.js';
export { EVENT_STREAM } from './reply.js';
export type { Emit, EndReply, HeaderPairs, OpenReply, PiecesReply, Reply, WholeReply } from './reply.js';
export { splice, spliceEvent } from './splice.js';
export type { Edit } from './splice.js';
export { SseParser } from './sse.js';
export type { SseEvent, SseSink } from './sse.js';
export { NO_USAGE, readUsage } from './usage.js';
export type { Billed, Usage } from './usage.js';
