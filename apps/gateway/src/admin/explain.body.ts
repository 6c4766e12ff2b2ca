import { IsIn, IsObject, IsOptional } from 'class-validator';
import type { OperationName } from '#contract';
import { IfGiven } from './if-given.js';

const OPERATIONS = [
  'chat',
  'completions',
  'embeddings',
  'moderations',
  'messages',
  'responses',
  'rerank',
  'image_generations',
  'image_edits',
  'image_variations',
  'transcriptions',
  'translations',
  'speech',
] as const satisfies readonly OperationName[];

/** `POST /admin/models/{id}/explain` */
export class ExplainBody {
  /** `chat` where nothing is said. */
  @IfGiven() @IsIn(OPERATIONS) operation?: OperationName;
  /** The body of a call: its length, `stream` and the bounds of its answer are what a plan looks at. */
  @IsOptional() @IsObject() request?: Record<string, unknown> | null;
}
