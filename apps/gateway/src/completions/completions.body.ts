import {
  IsBoolean,
  IsDefined,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Max,
  Min,
} from 'class-validator';
import type { CompletionRequest } from '#contract';
import { IsTextOrTokens } from '../http/is-text-or-tokens.js';
import { IsStop } from './is-stop.js';

/** `POST /completions`. A prompt may be left out: then the model starts from nothing. */
export class CompletionBody implements CompletionRequest {
  @IsDefined() @IsString() @IsNotEmpty() model!: string;
  @IsOptional() @IsTextOrTokens() prompt?: string | unknown[] | null;
  @IsOptional() @IsBoolean() stream?: boolean | null;
  @IsOptional() @IsObject() stream_options?: { include_usage?: boolean | null } | null;
  @IsOptional() @IsInt() @Min(1) @Max(128) n?: number | null;
  @IsOptional() @IsInt() @Min(0) @Max(20) best_of?: number | null;
  @IsOptional() @IsInt() @Min(0) max_tokens?: number | null;
  @IsOptional() @IsInt() @Min(0) @Max(5) logprobs?: number | null;
  @IsOptional() @IsNumber() @Min(0) @Max(2) temperature?: number | null;
  @IsOptional() @IsNumber() @Min(0) @Max(1) top_p?: number | null;
  @IsOptional() @IsNumber() @Min(-2) @Max(2) presence_penalty?: number | null;
  @IsOptional() @IsNumber() @Min(-2) @Max(2) frequency_penalty?: number | null;
  @IsOptional() @IsStop() stop?: string | string[] | null;
  @IsOptional() @IsString() user?: string | null;
}
