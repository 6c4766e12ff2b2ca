import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { ListQuery } from './list.js';

/** `GET /admin/prices` */
export class PricesQuery extends ListQuery {
  @IsOptional() @IsString() @MaxLength(100) provider_type?: string;
  @IsOptional() @IsIn(['file', 'override', 'catalogue']) source?: 'file' | 'override' | 'catalogue';
  /** `{provider type}/{model}` */
  @IsOptional() @IsString() @MaxLength(700) declare cursor?: string;
}
