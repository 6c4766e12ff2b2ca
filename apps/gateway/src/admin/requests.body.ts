import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { IsTime } from './is-time.js';
import { ListQuery } from './list.js';

/** `GET /admin/requests` */
export class RequestsQuery extends ListQuery {
  /** A key's id. */
  @IsOptional() @IsString() @MaxLength(100) key?: string;
  /** A team's id. */
  @IsOptional() @IsString() @MaxLength(300) team?: string;
  @IsOptional() @IsString() @MaxLength(256) model?: string;
  /** A provider's name or id. */
  @IsOptional() @IsString() @MaxLength(100) provider?: string;
  @IsOptional() @IsIn(['ok', 'error', 'cancelled']) status?: string;
  @IsOptional() @IsTime() from?: string;
  @IsOptional() @IsTime() to?: string;
  @IsOptional() @IsIn(['json', 'csv']) format?: 'json' | 'csv';
}
