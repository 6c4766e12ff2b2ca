import {
  IsArray,
  IsBoolean,
  IsDefined,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  Min,
} from 'class-validator';
import type { ImageEditRequest } from '#contract';
import type { FormFile } from '../http/body/form-fields.js';
import { IsFile } from '../http/body/is-file.js';

/** `POST /images/variations`. */
export class ImageVariationBody implements Omit<ImageEditRequest, 'model'> {
  @IsOptional() @IsString() @IsNotEmpty() model?: string;
  /** Or several `image[]`. */
  @IsDefined() @IsFile() image!: FormFile;
  @IsOptional() @IsInt() @Min(1) @Max(10) n?: number;
  @IsOptional() @IsString() user?: string;
}

/** `POST /images/edits` with files. */
export class ImageEditBody extends ImageVariationBody {
  @IsDefined() @IsString() @IsNotEmpty() prompt!: string;
  @IsOptional() @IsBoolean() stream?: boolean;
  @IsOptional() @IsInt() @Min(0) @Max(3) partial_images?: number;
}

/** `POST /images/edits` with images by URL or by file id. */
export class ImageEditJsonBody implements Omit<ImageEditRequest, 'model'> {
  @IsOptional() @IsString() @IsNotEmpty() model?: string;
  @IsDefined() @IsArray() images!: unknown[];
  @IsDefined() @IsString() @IsNotEmpty() prompt!: string;
  @IsOptional() @IsInt() @Min(1) @Max(10) n?: number | null;
  @IsOptional() @IsBoolean() stream?: boolean | null;
  @IsOptional() @IsInt() @Min(0) @Max(3) partial_images?: number | null;
  @IsOptional() @IsString() user?: string | null;
}
