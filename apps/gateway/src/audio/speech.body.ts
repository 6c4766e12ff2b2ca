import {
  IsDefined,
  IsIn,
  IsNotEmpty,
  IsNumber,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import type { SpeechRequest } from '#contract';

/** `POST /audio/speech`. A voice is a name or `{id}`; which there are, and which formats, is the model's to say. */
export class SpeechBody implements SpeechRequest {
  @IsDefined() @IsString() @IsNotEmpty() model!: string;
  @IsDefined() @IsString() @IsNotEmpty() @MaxLength(4_096) input!: string;
  @IsDefined() voice!: unknown;
  @IsOptional() @IsString() response_format?: string | null;
  @IsOptional() @IsIn(['audio', 'sse']) stream_format?: string | null;
  @IsOptional() @IsNumber() @Min(0.25) @Max(4) speed?: number | null;
}
