import { IsDefined, IsIn, IsInt, IsNotEmpty, IsOptional, IsString, Min } from 'class-validator';
import type { EmbeddingsRequest } from '#contract';
import { IsNotTooMany, IsTextOrTokens } from '../http/is-text-or-tokens.js';

/** `POST /embeddings`. */
export class EmbeddingsBody implements EmbeddingsRequest {
  @IsDefined() @IsString() @IsNotEmpty() model!: string;
  @IsDefined() @IsTextOrTokens() @IsNotEmpty() @IsNotTooMany() input!: string | unknown[];
  @IsOptional() @IsIn(['float', 'base64']) encoding_format?: 'float' | 'base64' | null;
  @IsOptional() @IsInt() @Min(1) dimensions?: number | null;
  @IsOptional() @IsString() user?: string | null;
}
