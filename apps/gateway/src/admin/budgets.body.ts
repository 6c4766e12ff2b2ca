import { IsBoolean, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { ListQuery } from './list.js';

const KINDS = ['key', 'team', 'end_user'] as const;

/** `GET /admin/budgets` */
export class BudgetsQuery extends ListQuery {
  @IsOptional() @IsIn(KINDS) kind?: (typeof KINDS)[number];
  /** A key's or team's id; of an end-user `key:<id>/<user>` or `team:<id>/<user>`. */
  @IsOptional() @IsString() @MaxLength(700) subject?: string;
  /** Only of the periods that go on. */
  @IsOptional() @IsIn(['true', 'false']) current?: 'true' | 'false';
  @IsOptional() @IsString() @MaxLength(4_000) declare cursor?: string;
}

/** `POST /admin/budgets/reconcile` */
export class ReconcileBody {
  @IsOptional() @IsBoolean() repair?: boolean;
  /** With `repair`: what gateways that died may have spent is let go of. */
  @IsOptional() @IsBoolean() release_withheld?: boolean;
}
