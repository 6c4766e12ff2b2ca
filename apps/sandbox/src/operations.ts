import type { Stamp } from './answer.js';
import { answerSpeech, answerTranscription } from './answer-audio.js';
import { answerCompletion } from './answer-completions.js';
import { answerEmbeddings } from './answer-embeddings.js';
import { answerEdit, answerGeneration, answerVariation } from './answer-images.js';
import { answerModeration } from './answer-moderations.js';
import { answerRerank } from './answer-rerank.js';
import { answerResponse } from './answer-responses.js';
import type { Streamed, Whole } from './play.js';
import type { Request } from './request.js';

/** What the sandbox can do beside chat, by the path under the base URL. */
export const OPERATIONS: ReadonlyMap<string, (request: Request, stamp: Stamp) => Whole | Streamed> = new Map([
  ['completions', answerCompletion],
  ['embeddings', answerEmbeddings],
  ['images/generations', answerGeneration],
  ['images/edits', answerEdit],
  ['images/variations', answerVariation],
  ['audio/transcriptions', answerTranscription],
  ['audio/translations', answerTranscription],
  ['audio/speech', answerSpeech],
  ['moderations', answerModeration],
  ['rerank', answerRerank],
  ['responses', answerResponse],
]);
