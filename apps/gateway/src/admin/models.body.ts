import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
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
import { IfGiven } from './if-given.js';
import { PartialType } from './partial-type.js';
import { PriceBody } from './price.body.js';
import { TimeoutsBody } from './timeouts.body.js';

/** Visible characters, slashes only between others, `*` only at the end. */
const MODEL_ID = /^(?!\/)(?!.*\/\/)(?!.*\/$)[^\s*\x00-\x1f\x7f?#]*\*?$/;

export class TargetBody {
  /** A provider's name or id. */
  @IsDefined() @IsString() @IsNotEmpty() provider!: string;
  /** The upstream's own name for the model. */
  @IsDefined() @IsString() @IsNotEmpty() @MaxLength(500) model!: string;
  @IfGiven() @IsInt() @Min(0) @Max(1_000) priority?: number;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => TimeoutsBody) timeouts?: TimeoutsBody | null;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => PriceBody) price?: PriceBody | null;
}

/** What can be said of a model beside its name. */
export class ModelSettingsBody {
  @IsDefined()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(50)
  @ValidateNested({ each: true })
  @Type(() => TargetBody)
  targets!: TargetBody[];
  @IfGiven() @IsString() @IsNotEmpty() @MaxLength(200) owned_by?: string;
  @IfGiven() @IsIn(['priority']) strategy?: 'priority';
  @IsOptional() @IsObject() @ValidateNested() @Type(() => TimeoutsBody) timeouts?: TimeoutsBody | null;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => PriceBody) price?: PriceBody | null;
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
