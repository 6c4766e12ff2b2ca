import type { FastifyReply } from 'fastify';
import type { RelayedRequest } from '#contract';
import { sendAnswer } from './send-answer.js';
import type { Answer } from './send-answer.js';
import type { ReceivedUpload } from './body/uploads.js';

/** Answers an upload, whose bytes are kept until no target is asked any more. */
export function sendUpload(
  reply: FastifyReply,
  upload: ReceivedUpload<RelayedRequest>,
  inPieces: boolean,
  answer: Answer,
): void {
  sendAnswer(reply, inPieces, (signal, emit) => answer(signal, emit).finally(() => upload.remove()));
}
