import { IsNumberString, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { IsTime } from './is-time.js';
import { ListQuery } from './list.js';

/** `GET /admin/audit` */
export class AuditQuery extends ListQuery {
  @IsOptional() @IsNumberString({ no_symbols: true }) @MaxLength(18) declare cursor?: string;
  /** A key's id, or `master`. */
  @IsOptional() @IsString() @MaxLength(100) actor?: string;
  @IsOptional() @IsString() @MaxLength(100) object_type?: string;
  @IsOptional() @IsString() @MaxLength(300) object_id?: string;
}

/** `GET /admin/audit/export`; without them, all of it. */
export class AuditExportQuery {
  @IsOptional() @IsTime() from?: string;
  @IsOptional() @IsTime() to?: string;
}

/** `GET /admin/audit/verify` */
export class AuditVerifyQuery {
  /** The hash of an entry that was the last one once. */
  @IsOptional()
  @Matches(/^[0-9a-f]{64}$/, { message: '$property must be a hash of 64 hex digits' })
  head?: string;
}
