import { IsIn, IsOptional, IsString, MaxLength, ValidateBy } from 'class-validator';
import { USAGE_GROUPS } from '#persistence';
import type { UsageGroup } from '#persistence';
import { IsTime } from './is-time.js';
import { ListQuery } from './list.js';

/** `GET /admin/usage` */
export class UsageQueryBody extends ListQuery {
  @IsOptional() @IsTime() from?: string;
  @IsOptional() @IsTime() to?: string;
  /** `model,key`: one row for each combination. */
  @IsOptional() @IsString() @IsGroups() group_by?: string;
  @IsOptional() @IsIn(['hour', 'day']) interval?: 'hour' | 'day';
  /** A key's id. */
  @IsOptional() @IsString() @MaxLength(100) key?: string;
  /** A team's id. */
  @IsOptional() @IsString() @MaxLength(300) team?: string;
  @IsOptional() @IsString() @MaxLength(256) model?: string;
  /** A provider's name or id. */
  @IsOptional() @IsString() @MaxLength(100) provider?: string;
  @IsOptional() @IsString() @MaxLength(100) operation?: string;
  @IsOptional() @IsIn(['json', 'csv']) format?: 'json' | 'csv';
  @IsOptional() @IsString() @MaxLength(4_000) declare cursor?: string;
}

/** @param text one that is valid */
export function groupsOf(text: string | undefined): UsageGroup[] {
  return text === undefined ? [] : (text.split(',') as UsageGroup[]);
}

function IsGroups(): PropertyDecorator {
  const known = Object.keys(USAGE_GROUPS);
  return ValidateBy({
    name: 'isGroups',
    validator: {
      validate(value) {
        const names = String(value).split(',');
        return new Set(names).size === names.length && names.every((name) => known.includes(name));
      },
      defaultMessage: () => `$property must be one or several of ${known.join(', ')}, separated by commas`,
    },
  });
}
