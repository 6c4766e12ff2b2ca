import {
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Max,
  Min,
} from 'class-validator';
import type { ResponsesRequest } from '#contract';
import { IsTextOrParts } from '../http/is-text-or-tokens.js';

/** `POST /responses`. What the items hold is judged by whoever must understand it. */
export class ResponsesBody implements Omit<ResponsesRequest, keyof Unread> {
  @IsDefined() @IsString() @IsNotEmpty() model!: string;
  @IsOptional() @IsTextOrParts() input?: string | unknown[] | null;
  @IsOptional() @IsString() instructions?: string | null;
  @IsOptional() @IsString() @IsNotEmpty() previous_response_id?: string | null;
  @IsOptional() @IsBoolean() stream?: boolean | null;
  @IsOptional() @IsBoolean() store?: boolean | null;
  // Whoever asks for one comes back for it, and would find what it was at first.
  @IsOptional() @IsIn([false]) background?: false | null;
  @IsOptional() @IsNumber() @Min(0) @Max(2) temperature?: number | null;
  @IsOptional() @IsNumber() @Min(0) @Max(1) top_p?: number | null;
  @IsOptional() @IsInt() @Min(16) max_output_tokens?: number | null;
  @IsOptional() @IsObject() metadata?: object | null;
  @IsOptional() @IsString() user?: string | null;
  // What budgets go by. Two of a name would be one thing to them, and another to the provider.
  @IsOptional() tools?: unknown;
  @IsOptional() max_tool_calls?: unknown;
  @IsOptional() conversation?: unknown;
  @IsOptional() prompt?: unknown;
  @IsOptional() service_tier?: unknown;
}

/** Members of other wires, or passed on. */
interface Unread {
  stream_options?: unknown;
  stream_format?: unknown;
}
