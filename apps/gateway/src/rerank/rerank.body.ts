import {
  ArrayNotEmpty,
  IsBoolean,
  IsDefined,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Min,
} from 'class-validator';
import type { RerankRequest } from '#contract';
import { IsDocuments } from './is-documents.js';

/** `POST /rerank`. Documents are texts, or objects of texts. */
export class RerankBody implements RerankRequest {
  @IsDefined() @IsString() @IsNotEmpty() model!: string;
  @IsDefined() @IsString() @IsNotEmpty() query!: string;
  @IsDefined() @IsDocuments() @ArrayNotEmpty() documents!: (string | object)[];
  @IsOptional() @IsInt() @Min(1) top_n?: number | null;
  @IsOptional() @IsInt() @Min(1) max_tokens_per_doc?: number | null;
  @IsOptional() @IsBoolean() return_documents?: boolean | null;
  @IsOptional() @IsString() user?: string | null;
}
