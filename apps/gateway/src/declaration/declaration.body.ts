import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsOptional, ValidateNested } from 'class-validator';
import { CreateModelBody } from '../admin/models.body.js';
import { CreateProviderBody } from '../admin/providers.body.js';

/** `pllm.yaml`: each list holds what the admin API takes to make one of its kind, by the very same rules. */
export class DeclarationBody {
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1_000)
  @ValidateNested({ each: true })
  @Type(() => CreateProviderBody)
  providers?: CreateProviderBody[] | null;
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(5_000)
  @ValidateNested({ each: true })
  @Type(() => CreateModelBody)
  models?: CreateModelBody[] | null;
}
