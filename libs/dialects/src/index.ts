export { messagesErrorBody, messagesErrorEvent } from './messages/print-error.js';
export type {
  AnswerContext,
  ChatChunk,
  ChatWords,
  ChunkChoice,
  Dialect,
  DialectName,
  DialectStream,
} from './spec.js';
export { canSpeak, DIALECTS, speak } from './speak.js';
export type { Speech } from './speak.js';
export { throughChat } from './through-chat.js';
