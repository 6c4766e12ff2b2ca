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
import type { CountTokensRequest, MessagesRequest } from '#contract';

/** `POST /messages/count_tokens`: what a message is asked for with, without the answer's bounds. */
export class CountTokensBody implements Omit<CountTokensRequest, keyof Unread> {
  @IsDefined() @IsString() @IsNotEmpty() model!: string;
  @IsDefined() @IsArray() @ArrayNotEmpty() messages!: [];
  @IsOptional() @IsArray() tools?: unknown[] | null;
}

/** `POST /messages`. What the messages hold is judged by whoever must understand it. */
export class MessagesBody extends CountTokensBody implements Omit<MessagesRequest, keyof Unread> {
  @IsDefined() @IsInt() @Min(1) max_tokens!: number;
  @IsOptional() @IsBoolean() stream?: boolean | null;
  @IsOptional() @IsNumber() @Min(0) @Max(1) temperature?: number | null;
  @IsOptional() @IsNumber() @Min(0) @Max(1) top_p?: number | null;
  @IsOptional() @IsArray() stop_sequences?: unknown[] | null;
  @IsOptional() @IsObject() metadata?: { user_id?: string | null } | null;
  @IsOptional() @IsObject() thinking?: object | null;
  // What budgets go by. Two of a name would be one thing to them, and another to the provider.
  @IsOptional() mcp_servers?: unknown;
  @IsOptional() service_tier?: unknown;
  @IsOptional() speed?: unknown;
}

/** A text or blocks, which the dialect reads; members of other wires. */
interface Unread {
  system?: unknown;
  stream?: unknown;
  stream_options?: unknown;
  stream_format?: unknown;
  user?: unknown;
}
