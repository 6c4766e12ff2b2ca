import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { PROVIDER_TYPES } from '#providers';
import { IfGiven } from './if-given.js';
import { IsAllowedHost, IsBaseUrl, IsHeaders } from './is-upstream.js';
import { PartialType } from './partial-type.js';
import { TimeoutsBody } from './timeouts.body.js';

/** `POST /admin/providers` */
export class CreateProviderBody {
  @IsDefined()
  @IsString()
  @MaxLength(100)
  @Matches(/^[\w][\w.-]*$/, { message: '$property must be letters, digits, dots, dashes or underscores' })
  name!: string;
  @IsDefined() @IsIn(PROVIDER_TYPES) type!: string;
  /** Up to where `/chat/completions` begins; absent: the type's own, where it has one. */
  @IfGiven() @IsString() @IsBaseUrl() @IsAllowedHost() base_url?: string;
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(8_192)
  @Matches(/^[\x21-\x7e]+$|^\s*\{[\t\r\n\x20-\x7e]*\}\s*$/, {
    message: '$property must be visible ASCII, or a key in JSON',
  })
  api_key?: string | null;
  @IsOptional() @IsObject() @IsHeaders() headers?: Record<string, string> | null;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => TimeoutsBody) timeouts?: TimeoutsBody | null;
  /** The most attempts at once; null: no limit. */
  @IsOptional() @IsInt() @Min(1) @Max(100_000) max_parallel?: number | null;
  @IfGiven() @IsBoolean() enabled?: boolean;
}

/** `PATCH /admin/providers/{id}` */
export class UpdateProviderBody extends PartialType(CreateProviderBody) {}
