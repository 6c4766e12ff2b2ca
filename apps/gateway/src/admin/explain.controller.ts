import { Body, Controller, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GatewayError } from '#contract';
import type { JsonRequest } from '#contract';
import { printDollars } from '#metering';
import { expectedCost } from '#routing';
import type { PassedOver, Step } from '#routing';
import { AdminGuard } from '../auth/api-key.guard.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { expectedUsage } from '../models/expected-usage.js';
import { describePassedOver, describeStep } from '../models/describe-plan.js';
import { ModelRegistry } from '../models/model-registry.js';
import { Router } from '../models/router.js';
import type { RoutedCall } from '../models/router.js';
import { adminBody } from './admin-body.pipe.js';
import { ExplainBody } from './explain.body.js';
import { objectId } from './storable.js';

const SUFFIX = '/explain';
const ANYBODY = { mayCall: () => true };

/** What would become of a call: whom it would ask, and why. Nothing is called, and nobody's turn is taken. */
@Controller(V1_ADMIN)
@UseGuards(new AdminGuard())
export class ExplainController {
  constructor(
    private readonly models: ModelRegistry,
    private readonly router: Router,
  ) {}

  /** Model names hold slashes: the last part of the path is what is asked, the rest is the name. */
  @Post('models/*')
  @HttpCode(200)
  explain(@Body(adminBody(ExplainBody)) body: ExplainBody, @Req() request: FastifyRequest) {
    const path = objectId.transform((request.params as { '*'?: string })['*'] ?? '');
    if (!path.endsWith(SUFFIX)) throw new GatewayError('unknown_url');
    const model = this.models.resolve(path.slice(0, -SUFFIX.length), ANYBODY);
    const call = toCall(body, model.id);
    const plan = this.router.preview(model, call);
    const cost = (entry: Step | PassedOver): object => ({
      expected_cost_usd: costOf(entry, call),
      priority: entry.target.priority,
      weight: entry.target.weight ?? 1,
    });
    return {
      object: 'model.explanation',
      model: model.id,
      operation: call.operation,
      strategy: model.strategy ?? 'priority',
      fallbacks: model.fallbacks ?? [],
      retry: { attempts: plan.retry.attempts, budget_ratio: plan.retry.budgetRatio },
      plan: plan.steps.map((step) => ({ ...describeStep(step), ...cost(step) })),
      passed_over: plan.passedOver.map((one) => ({ ...describePassedOver(one), ...cost(one) })),
    };
  }
}

function toCall({ operation = 'chat', request }: ExplainBody, model: string): RoutedCall {
  const value = { ...request, model };
  const bytes = Buffer.from(JSON.stringify(value));
  const wire: JsonRequest = { bytes, value, spans: { model: undefined, streamOptions: undefined, close: 0 } };
  return { operation, request: wire, caller: ANYBODY, wishes: { takesFallbacks: true } };
}

/** Null: it has no price. */
function costOf({ target }: Step | PassedOver, call: RoutedCall): string | null {
  const nanos = expectedCost(expectedUsage(call), target.price);
  return nanos === undefined ? null : printDollars(BigInt(Math.round(nanos)));
}
