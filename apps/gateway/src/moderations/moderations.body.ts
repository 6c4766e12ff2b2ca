import { IsDefined, IsNotEmpty, IsOptional, IsString } from 'class-validator';
import type { ModerationRequest } from '#contract';

/** `POST /moderations`. The input is a text, several, or parts with images. */
export class ModerationBody implements ModerationRequest {
  @IsDefined() @IsString() @IsNotEmpty() model!: string;
  @IsDefined() @IsNotEmpty() input!: string | unknown[];
  @IsOptional() @IsString() user?: string | null;
}
