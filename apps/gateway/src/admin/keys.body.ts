import { PartialType } from './partial-type.js';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsISO8601,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { ROLES } from '../auth/caller.js';
import type { Role } from '../auth/caller.js';

/** `POST /admin/keys` */
export class CreateKeyBody {
  @IsDefined() @IsString() @IsNotEmpty() @MaxLength(200) name!: string;
  @IsOptional() @IsIn(ROLES) role?: Exclude<Role, 'master'>;
  /** Globs over model names; absent or empty: all models. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1_000)
  @IsString({ each: true })
  @MaxLength(256, { each: true })
  models?: string[] | null;
  @IsOptional() @IsISO8601({ strict: true }) expires_at?: string | null;
  @IsOptional() @IsObject() metadata?: Record<string, unknown> | null;
}

/** `PATCH /admin/keys/{id}` */
export class UpdateKeyBody extends PartialType(CreateKeyBody) {}

/** `POST /admin/keys/{id}/rotate` */
export class RotateKeyBody {
  /** How long the old secret stays good. */
  @IsOptional() @IsInt() @Min(0) @Max(30 * 24 * 3_600) grace_seconds?: number;
}

/** `POST /admin/keys/{id}/revoke` */
export class RevokeKeyBody {
  @IsOptional() @IsString() @MaxLength(1_000) reason?: string;
}
