import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsIn,
  IsNumber,
  IsPositive,
  Max,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { BUDGET_MODES, BUDGET_PERIODS } from '#contract';
import type { Budget, BudgetAlert, BudgetMode, BudgetPeriod } from '#contract';
import { readNanos } from '#metering';
import { HoldsNoLists } from './holds-no-lists.js';
import { isForbiddenUrl } from './is-upstream.js';
import { IfGiven } from './if-given.js';

/** What each end-user of a key or a team may spend in a period. */
export class EndUserBudgetBody implements Budget {
  @IsDefined() @IsBudgetDollars() usd!: string;
  @IsDefined() @IsIn(BUDGET_PERIODS) period!: BudgetPeriod;
  @IfGiven() @IsIn(BUDGET_MODES) mode?: BudgetMode;
}

/** At which part of a budget a webhook is told. */
export class BudgetAlertBody implements BudgetAlert {
  @IsDefined() @IsNumber() @IsPositive() @Max(1) at!: number;
  @IsDefined() @IsWebhook() url!: string;
}

/** What a key or a team may spend in a period. */
export class BudgetBody extends EndUserBudgetBody {
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(10)
  @HoldsNoLists()
  @ValidateNested({ each: true })
  @Type(() => BudgetAlertBody)
  alerts?: BudgetAlertBody[];
}

function IsBudgetDollars(): PropertyDecorator {
  return ValidateBy({
    name: 'isBudgetDollars',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && (readNanos(value) ?? 0) > 0,
      defaultMessage: () =>
        '$property must be a decimal string of US dollars, more than 0 and at most 9000000, with at most 9 digits behind the point',
    },
  });
}

/** It is part of an index, whose rows Postgres bounds: one that is too long would keep all alerts from being told. */
const LONGEST_URL = 1_024;

function IsWebhook(): PropertyDecorator {
  return ValidateBy({
    name: 'isWebhook',
    validator: {
      validate: isWebhook,
      defaultMessage: () =>
        `$property must be an http or https URL of at most ${LONGEST_URL} visible ASCII characters, without credentials, and at no link-local address`,
    },
  });
}

function isWebhook(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > LONGEST_URL) return false;
  if (!/^[\x21-\x7e]+$/.test(value) || !URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  // They would not be sent.
  if (username || password) return false;
  return ['http:', 'https:'].includes(protocol) && !isForbiddenUrl(value, false);
}
