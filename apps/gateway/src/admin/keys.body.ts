import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { ROLES } from '../auth/caller.js';
import type { Role } from '../auth/caller.js';
import { BudgetBody, EndUserBudgetBody } from './budget.body.js';
import { IfGiven } from './if-given.js';
import { IsTime } from './is-time.js';
import { LimitsBody } from './limits.body.js';
import { PartialType } from './partial-type.js';

/** `POST /admin/keys` */
export class CreateKeyBody {
  @IsDefined() @IsString() @IsNotEmpty() @MaxLength(200) name!: string;
  @IfGiven() @IsIn(ROLES) role?: Exclude<Role, 'master'>;
  /** Globs over model names; absent or empty: all models. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1_000)
  @IsString({ each: true })
  @MaxLength(256, { each: true })
  models?: string[] | null;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => LimitsBody) limits?: LimitsBody | null;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => BudgetBody) budget?: BudgetBody | null;
  /** Of each of its end-users. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => EndUserBudgetBody)
  end_user_budget?: EndUserBudgetBody | null;
  @IsOptional() @IsTime() expires_at?: string | null;
  @IsOptional() @IsObject() metadata?: Record<string, unknown> | null;
}

/** `PATCH /admin/keys/{id}` */
export class UpdateKeyBody extends PartialType(CreateKeyBody) {}

/** `POST /admin/keys/{id}/rotate` */
export class RotateKeyBody {
  /** How long the old secret stays good. */
  @IfGiven() @IsInt() @Min(0) @Max(30 * 24 * 3_600) grace_seconds?: number;
}

/** `POST /admin/keys/{id}/revoke` */
export class RevokeKeyBody {
  @IfGiven() @IsString() @MaxLength(1_000) reason?: string;
}
