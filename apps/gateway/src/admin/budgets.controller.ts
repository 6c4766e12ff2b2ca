import { Body, Controller, Get, HttpCode, Post, Query, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GatewayError } from '#contract';
import { Database, budgetAccountCursor, listBudgetAccounts, reconcileBudgets } from '#persistence';
import { SharedAdminGuard } from '../auth/api-key.guard.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { adminBody, adminQuery } from './admin-body.pipe.js';
import { accountView, reconciliationView } from './budget-views.js';
import { BudgetsQuery, ReconcileBody } from './budgets.body.js';
import { toList, toPageRequest } from './list.js';
import { actorOf, note } from './note.js';

/** What was spent of budgets, and whether that is what the records say. */
@Controller(V1_ADMIN)
@UseGuards(new SharedAdminGuard())
export class BudgetsController {
  constructor(private readonly database: Database) {}

  @Get('budgets')
  async list(@Query(adminQuery(BudgetsQuery)) query: BudgetsQuery) {
    const { kind, subject, current } = query;
    const at = current === 'true' ? new Date() : undefined;
    const page = await this.database.read((queries) =>
      listBudgetAccounts(queries, { kind, subject, at }, toPageRequest(query)),
    );
    return toList(page, accountView, budgetAccountCursor);
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
    // Before: it is many transactions, and what dies among them was told of.
    await this.database.write(note(actorOf(request), 'reconcile', 'budget', 'all', body), async () => {});
    const found = await reconcileBudgets(this.database, { repair, releaseWithheld });
    return reconciliationView(found, repair);
  }
}
