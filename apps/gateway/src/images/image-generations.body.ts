import { IsBoolean, IsDefined, IsInt, IsNotEmpty, IsOptional, IsString, Max, Min } from 'class-validator';
import type { ImageRequest } from '#contract';

/** `POST /images/generations`. What sizes, qualities and formats there are is the model's to say. */
export class ImageBody implements Omit<ImageRequest, 'model'> {
  @IsOptional() @IsString() @IsNotEmpty() model?: string;
  @IsDefined() @IsString() @IsNotEmpty() prompt!: string;
  @IsOptional() @IsInt() @Min(1) @Max(10) n?: number | null;
  @IsOptional() @IsBoolean() stream?: boolean | null;
  @IsOptional() @IsInt() @Min(0) @Max(3) partial_images?: number | null;
  @IsOptional() @IsString() user?: string | null;
}
