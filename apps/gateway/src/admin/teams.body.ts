import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { BudgetBody, EndUserBudgetBody } from './budget.body.js';
import { LimitsBody } from './limits.body.js';
import { PartialType } from './partial-type.js';

/** `POST /admin/teams` */
export class CreateTeamBody {
  @IsDefined() @IsString() @IsNotEmpty() @MaxLength(200) name!: string;
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
  @IsOptional() @IsObject() metadata?: Record<string, unknown> | null;
}

/** `PATCH /admin/teams/{id}` */
export class UpdateTeamBody extends PartialType(CreateTeamBody) {}
