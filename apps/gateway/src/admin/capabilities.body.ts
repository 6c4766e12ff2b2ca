import { Type } from 'class-transformer';
import {
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { MODALITIES } from '#contract';
import type { Capabilities, Modality } from '#contract';
import { IfGiven } from './if-given.js';

/** More than any model, and an integer in every database. */
const MOST_TOKENS = 1_000_000_000;

/** What goes into a model, and what comes out of it. */
export class ModalitiesBody {
  @IfGiven() @IsArray() @ArrayUnique() @IsIn(MODALITIES, { each: true }) input?: Modality[];
  @IfGiven() @IsArray() @ArrayUnique() @IsIn(MODALITIES, { each: true }) output?: Modality[];
}

/** What an operator knows of a model; what is absent is what is known of its targets. */
export class CapabilitiesBody implements Capabilities {
  /** In tokens, the answer's among them. */
  @IfGiven() @IsInt() @Min(1) @Max(MOST_TOKENS) context_window?: number;
  @IfGiven() @IsInt() @Min(1) @Max(MOST_TOKENS) max_output_tokens?: number;
  @IfGiven() @IsObject() @ValidateNested() @Type(() => ModalitiesBody) modalities?: ModalitiesBody;
  @IfGiven() @IsBoolean() tools?: boolean;
  @IfGiven() @IsBoolean() structured_output?: boolean;
  @IfGiven() @IsBoolean() reasoning?: boolean;
}
