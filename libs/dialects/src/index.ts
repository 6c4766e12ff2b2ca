export { messages } from './messages/dialect.js';
export { messagesErrorBody, messagesErrorEvent } from './messages/print-error.js';
export { responses } from './responses/dialect.js';
export { responsesErrorEvent } from './responses/print-error.js';
export type {
  AnswerContext,
  ChatChunk,
  ChatWords,
  ChunkChoice,
  Dialect,
  DialectName,
  DialectStream,
} from './spec.js';
export { throughChat } from './through-chat.js';
