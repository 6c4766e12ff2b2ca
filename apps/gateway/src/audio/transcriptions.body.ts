import { IsBoolean, IsDefined, IsNotEmpty, IsOptional, IsString } from 'class-validator';
import type { TranscriptionRequest } from '#contract';
import type { FormFile } from '../http/body/form-fields.js';
import { IsFile } from '../http/body/is-file.js';

/** `POST /audio/translations`. Which formats there are is the model's to say. */
export class TranslationBody implements TranscriptionRequest {
  @IsDefined() @IsString() @IsNotEmpty() model!: string;
  @IsDefined() @IsFile() file!: FormFile;
  @IsOptional() @IsString() response_format?: string;
}

/** `POST /audio/transcriptions`. */
export class TranscriptionBody extends TranslationBody {
  @IsOptional() @IsBoolean() stream?: boolean;
}
