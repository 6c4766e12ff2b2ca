import {
  ArrayNotEmpty,
  IsArray,
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
import type { ChatRequest } from '#contract';
import { IsStop } from './is-stop.js';

type Envelope = Pick<
  ChatRequest,
  | 'model'
  | 'messages'
  | 'stream'
  | 'stream_options'
  | 'temperature'
  | 'top_p'
  | 'n'
  | 'max_tokens'
  | 'max_completion_tokens'
  | 'presence_penalty'
  | 'frequency_penalty'
  | 'stop'
  | 'user'
>;

/**
 * `POST /chat/completions`: the members that the specification bounds, or the gateway acts on. `null` is the same as
 * absent. What the messages hold is judged by whoever must understand it.
 */
export class ChatBody implements Envelope {
  @IsDefined() @IsString() @IsNotEmpty() model!: string;
  @IsDefined() @IsArray() @ArrayNotEmpty() messages!: [];
  @IsOptional() @IsBoolean() stream?: boolean | null;
  @IsOptional() @IsObject() stream_options?: { include_usage?: boolean | null } | null;
  @IsOptional() @IsNumber() @Min(0) @Max(2) temperature?: number | null;
  @IsOptional() @IsNumber() @Min(0) @Max(1) top_p?: number | null;
  @IsOptional() @IsInt() @Min(1) @Max(128) n?: number | null;
  @IsOptional() @IsInt() @Min(0) max_tokens?: number | null;
  @IsOptional() @IsInt() @Min(0) max_completion_tokens?: number | null;
  @IsOptional() @IsNumber() @Min(-2) @Max(2) presence_penalty?: number | null;
  @IsOptional() @IsNumber() @Min(-2) @Max(2) frequency_penalty?: number | null;
  @IsOptional() @IsStop() stop?: string | string[] | null;
  @IsOptional() @IsString() user?: string | null;
  // What budgets go by. Two of a name would be one thing to them, and another to the provider.
  @IsOptional() tools?: unknown;
  @IsOptional() functions?: unknown;
  @IsOptional() modalities?: unknown;
  @IsOptional() audio?: unknown;
  @IsOptional() prediction?: unknown;
  @IsOptional() web_search_options?: unknown;
  @IsOptional() service_tier?: unknown;
}
