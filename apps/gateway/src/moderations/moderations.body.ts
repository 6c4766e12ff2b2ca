import { IsDefined, IsNotEmpty, IsOptional, IsString } from 'class-validator';
import type { ModerationRequest } from '#contract';
import { IsNotTooMany, IsTextOrParts } from '../http/is-text-or-tokens.js';

/** `POST /moderations`. The input is a text, several, or parts with images. */
export class ModerationBody implements Omit<ModerationRequest, 'model'> {
  @IsOptional() @IsString() @IsNotEmpty() model?: string | null;
  @IsDefined() @IsTextOrParts() @IsNotTooMany() input!: string | unknown[];
  @IsOptional() @IsString() user?: string | null;
}
