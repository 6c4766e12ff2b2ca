import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsIn,
  IsNotEmpty,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { PROVIDER_TYPES } from '#providers';
import { HoldsNoLists } from '../admin/holds-no-lists.js';
import { CreateModelBody } from '../admin/models.body.js';
import { PriceBody } from '../admin/price.body.js';
import { CreateProviderBody } from '../admin/providers.body.js';
import { CreateTeamBody } from '../admin/teams.body.js';

/** What `PUT /admin/prices/{type}/{model}` takes, with what stands in its path. */
export class DeclaredPriceBody extends PriceBody {
  @IsDefined() @IsIn(PROVIDER_TYPES) type!: string;
  @IsDefined() @IsString() @IsNotEmpty() @MaxLength(500) model!: string;
}

/** `pllm.yaml`: each list holds what the admin API takes to make one of its kind, by the very same rules. */
export class DeclarationBody {
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1_000)
  @HoldsNoLists()
  @ValidateNested({ each: true })
  @Type(() => CreateProviderBody)
  providers?: CreateProviderBody[] | null;
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(5_000)
  @HoldsNoLists()
  @ValidateNested({ each: true })
  @Type(() => CreateModelBody)
  models?: CreateModelBody[] | null;
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(5_000)
  @HoldsNoLists()
  @ValidateNested({ each: true })
  @Type(() => DeclaredPriceBody)
  prices?: DeclaredPriceBody[] | null;
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1_000)
  @HoldsNoLists()
  @ValidateNested({ each: true })
  @Type(() => CreateTeamBody)
  teams?: CreateTeamBody[] | null;
}
