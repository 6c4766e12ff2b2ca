import { Body, Controller, Get, HttpCode, Post, Query, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GatewayError } from '#contract';
import { printDollars } from '#metering';
import type { BudgetAccount } from '#metering';
import { Database, budgetAccountCursor, listBudgetAccounts, reconcileBudgets } from '#persistence';
import type { AccountDifference, BudgetAccountRow, Reconciliation, RollupDifference } from '#persistence';
import { AdminGuard } from '../auth/api-key.guard.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { adminBody, adminQuery } from './admin-body.pipe.js';
import { BudgetsQuery, ReconcileBody } from './budgets.body.js';
import { toList, toPageRequest } from './list.js';
import { actorOf, note } from './note.js';

/** What was spent of budgets, and whether that is what the records say. */
@Controller(V1_ADMIN)
@UseGuards(new AdminGuard())
export class BudgetsController {
  constructor(private readonly database: Database) {}

  @Get('budgets')
  async list(@Query(adminQuery(BudgetsQuery)) query: BudgetsQuery) {
    const { kind, subject, current } = query;
    const at = current === 'true' ? new Date() : undefined;
    const page = await this.database.read((queries) =>
      listBudgetAccounts(queries, { kind, subject, at }, toPageRequest(query)),
    );
    return toList(page, toView, budgetAccountCursor);
  }

  @Post('budgets/reconcile')
  @HttpCode(200)
  async reconcile(
    @Body(adminBody(ReconcileBody, { optional: true })) body: ReconcileBody,
    @Req() request: FastifyRequest,
  ) {
    const { repair = false, release_withheld: releaseWithheld = false } = body;
    if (releaseWithheld && !repair) {
      const message = `'release_withheld' goes with 'repair'.`;
      throw new GatewayError('invalid_value', { param: 'release_withheld', message });
    }
    const found = await reconcileBudgets(this.database, { repair, releaseWithheld });
    await this.database.write(note(actorOf(request), 'reconcile', 'budget', 'all', body), async () => {});
    return { ...reconciliationView(found), repaired: repair };
  }
}

function toView(row: BudgetAccountRow) {
  return {
    object: 'budget.account',
    ...nameView(row),
    ends_at: row.endsAt === undefined ? null : new Date(row.endsAt),
    spent_usd: signedDollars(row.spentNanos),
    reserved_usd: signedDollars(row.reservedNanos),
    withheld_usd: signedDollars(row.withheldNanos),
  };
}

function nameView({ kind, subject, period, startsAt }: BudgetAccount) {
  return { kind, subject, period, starts_at: new Date(startsAt) };
}

function reconciliationView(found: Reconciliation) {
  return {
    object: 'budget.reconciliation',
    accounts: found.accounts,
    days: found.days,
    unchecked: found.unchecked,
    withheld_usd: signedDollars(found.withheldNanos),
    differences: found.differences.map(differenceView),
    rollups: found.rollups.map(rollupView),
    complete: found.isWhole,
  };
}

function differenceView({ account, column, was, is }: AccountDifference) {
  return { ...nameView(account), column, was_usd: signedDollars(was), is_usd: signedDollars(is) };
}

function rollupView({ rollup, start, of, column, was, is }: RollupDifference) {
  const { key_id: key, team_id: team, model, provider, upstream_model, operation } = of;
  return { rollup, start, key, team, model, provider, upstream_model, operation, column, was, is };
}

/** A counter that is wrong may be below zero. */
function signedDollars(nanos: bigint): string {
  return nanos < 0n ? `-${printDollars(-nanos)}` : printDollars(nanos);
}
