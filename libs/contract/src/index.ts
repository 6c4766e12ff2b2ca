export { Bag } from './bag.js';
export type { Bagged } from './bag.js';
export { BUDGET_MODES, BUDGET_PERIODS } from './budget.js';
export type { Budget, BudgetAlert, BudgetMode, BudgetPeriod, BudgetSubject } from './budget.js';
export { MODALITIES } from './capabilities.js';
export type { Capabilities, Modality } from './capabilities.js';
export { CallSignal } from './call-signal.js';
export { ERRORS, GatewayError } from './errors.js';
export type { ErrorBody, ErrorCode, ErrorDetails, ErrorType, Retry, UpstreamFault } from './errors.js';
export { JsonMembers } from './json-members.js';
export { JsonOutline } from './json-outline.js';
export { LazyObject } from './lazy-object.js';
export { objectSpans } from './object-spans.js';
export { asksForStream, endUserOf } from './operation.js';
export type {
  ChatMessage,
  ChatRequest,
  CompletionRequest,
  CountTokensRequest,
  EmbeddingsRequest,
  History,
  ImageEditRequest,
  ImageRequest,
  JsonRequest,
  MessagesRequest,
  ModerationRequest,
  Operation,
  OperationName,
  RelayedRequest,
  RerankRequest,
  RequestSpans,
  ResponsesRequest,
  Span,
  SpeechRequest,
  TranscriptionRequest,
  Upload,
  UploadRequest,
  WireRequest,
} from './operation.js';
export { invalid, isObject, requireList, requireObject, requireText, unsupported } from './require.js';
export type { Members } from './require.js';
export type { Price, PriceUnit } from './price.js';
export { limitSubject } from './rate-limits.js';
export type { LimitSubject, RateLimits } from './rate-limits.js';
export { DEFAULT_TIMEOUTS } from './target.js';
export type { Provider, Target, Timeouts } from './target.js';
export { EVENT_STREAM } from './reply.js';
export type { Emit, EndReply, HeaderPairs, OpenReply, PiecesReply, Reply, WholeReply } from './reply.js';
export { responsesErrorEvent } from './responses-error.js';
export { SEAL, openThought, sealThought } from './signed-thought.js';
export { splice, spliceEvent, splicePieces } from './splice.js';
export type { Edit } from './splice.js';
export { SseParser } from './sse.js';
export type { SseEvent, SseSink } from './sse.js';
export { NO_USAGE, readUsage } from './usage.js';
export type { Billed, Usage } from './usage.js';
