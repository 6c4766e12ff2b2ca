import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
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
  NotEquals,
  ValidateNested,
} from 'class-validator';
import { STRATEGIES } from '#routing';
import type { Strategy } from '#routing';
import { CapabilitiesBody } from './capabilities.body.js';
import { HasWeight } from './has-weight.js';
import { HoldsNoLists } from './holds-no-lists.js';
import { IfGiven } from './if-given.js';
import { LimitsBody } from './limits.body.js';
import { PartialType } from './partial-type.js';
import { PriceBody } from './price.body.js';
import { RetryBody } from './retry.body.js';
import { TimeoutsBody } from './timeouts.body.js';

/** Visible characters, slashes only between others, `*` only at the end. */
const MODEL_ID = /^(?!\/)(?!.*\/\/)(?!.*\/$)[^\s*\x00-\x1f\x7f?#]*\*?$/;

export class TargetBody {
  /** A provider's name or id. */
  @IsDefined() @IsString() @IsNotEmpty() provider!: string;
  /** The upstream's own name for the model. */
  @IsDefined() @IsString() @IsNotEmpty() @MaxLength(500) model!: string;
  @IfGiven() @IsInt() @Min(0) @Max(1_000) priority?: number;
  @IfGiven() @IsInt() @Min(0) @Max(1_000) weight?: number;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => TimeoutsBody) timeouts?: TimeoutsBody | null;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => PriceBody) price?: PriceBody | null;
}

/** What can be said of a model beside its name. */
export class ModelSettingsBody {
  @IsDefined()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(50)
  @HoldsNoLists()
  @ValidateNested({ each: true })
  @Type(() => TargetBody)
  @HasWeight()
  targets!: TargetBody[];
  @IfGiven() @IsString() @IsNotEmpty() @MaxLength(200) owned_by?: string;
  @IfGiven() @IsIn(STRATEGIES) strategy?: Strategy;
  /** Names of models that are asked, in this order, when the targets are spent. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(10)
  @ArrayUnique({ message: '$property must hold each name once' })
  @IsString({ each: true })
  @MaxLength(256, { each: true })
  @Matches(/^[^*]+$/, { each: true, message: '$property must be names of models, and no patterns' })
  fallbacks?: string[] | null;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => RetryBody) retry?: RetryBody | null;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => TimeoutsBody) timeouts?: TimeoutsBody | null;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => PriceBody) price?: PriceBody | null;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => LimitsBody) limits?: LimitsBody | null;
  @IfGiven() @IsIn(['strict', 'lenient']) unsupported_parameters?: 'strict' | 'lenient';
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CapabilitiesBody)
  capabilities?: CapabilitiesBody | null;
  @IfGiven() @IsBoolean() enabled?: boolean;
  @IsOptional() @IsObject() metadata?: Record<string, unknown> | null;
}

/** `POST /admin/models` */
export class CreateModelBody extends ModelSettingsBody {
  @IsDefined()
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  @NotEquals('stats')
  @Matches(MODEL_ID, { message: '$property must be visible characters, with * only at the end' })
  id!: string;
}

/** `PATCH /admin/models/{id}` */
export class UpdateModelBody extends PartialType(ModelSettingsBody) {}
