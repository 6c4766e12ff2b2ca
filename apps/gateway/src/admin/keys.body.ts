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
import { IsNetworks } from './is-networks.js';
import { IsTime } from './is-time.js';
import { LimitsBody } from './limits.body.js';
import { ListQuery } from './list.js';
import { PartialType } from './partial-type.js';

/** `POST /admin/keys` */
export class CreateKeyBody {
  @IsDefined() @IsString() @IsNotEmpty() @MaxLength(200) name!: string;
  @IfGiven() @IsIn(ROLES) role?: Exclude<Role, 'master'>;
  /** A team's id; null: it is in none. */
  @IsOptional() @IsString() @IsNotEmpty() @MaxLength(300) team_id?: string | null;
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
  /** From where it may be used; absent or empty: from everywhere. */
  @IsOptional() @IsArray() @ArrayMaxSize(1_000) @IsNetworks() allowed_ips?: string[] | null;
  @IsOptional() @IsTime() expires_at?: string | null;
  @IsOptional() @IsObject() metadata?: Record<string, unknown> | null;
}

/** `PATCH /admin/keys/{id}` */
export class UpdateKeyBody extends PartialType(CreateKeyBody) {}

/** `GET /admin/keys` */
export class KeysQuery extends ListQuery {
  /** A team's id. */
  @IsOptional() @IsString() @MaxLength(300) team?: string;
}

/** `POST /admin/keys/{id}/rotate` */
export class RotateKeyBody {
  /** How long the old secret stays good. */
  @IfGiven() @IsInt() @Min(0) @Max(30 * 24 * 3_600) grace_seconds?: number;
}

/** `POST /admin/keys/{id}/revoke` */
export class RevokeKeyBody {
  @IfGiven() @IsString() @MaxLength(1_000) reason?: string;
}
