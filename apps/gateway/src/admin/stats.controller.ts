import { Controller, Get, Query } from '@nestjs/common';
import { printDollars } from '#metering';
import type { Percentiles, StatsRow } from '#persistence';
import { Database, readModelStats } from '#persistence';
import { TargetStates } from '#routing';
import type { Health, Model } from '#routing';
import { CurrentCaller } from '../auth/caller.js';
import type { Caller } from '../auth/caller.js';
import { V1_ADMIN } from '../http/prefixes.js';
import { ModelRegistry } from '../models/model-registry.js';
import { adminQuery } from './admin-body.pipe.js';
import { WindowQuery, toWindow } from './stats.body.js';

const NONE: Percentiles = { avg: null, p50: null, p95: null, p99: null };
const NO_CALLS: Omit<StatsRow, 'model' | 'target'> = {
  requests: 0,
  errors: 0,
  cancelled: 0,
  promptTokens: 0,
  completionTokens: 0,
  costNanos: 0n,
  unpriced: 0,
  latencyMs: NONE,
  timeToFirstTokenMs: NONE,
  tokensPerSecond: null,
};

/** How models did. A member sees the models it may call, everybody's calls of them; others see all. */
@Controller(V1_ADMIN)
export class StatsController {
  constructor(
    private readonly database: Database,
    private readonly models: ModelRegistry,
    private readonly targets: TargetStates,
  ) {}

  @Get('models/stats')
  async read(@Query(adminQuery(WindowQuery)) query: WindowQuery, @CurrentCaller() caller: Caller) {
    const window = toWindow(query);
    const rows = await this.database.read((queries) => readModelStats(queries, window));
    const sees = (model: string): boolean => caller.role !== 'member' || caller.mayCall(model);
    const configured = new Map(this.models.list({ mayCall: sees }).map((model) => [model.id, model]));
    const names = new Set([...configured.keys(), ...rows.map(({ model }) => model).filter(sees)]);
    const states = new Map(
      this.targets
        .list(performance.now())
        .map(({ provider, model, state }) => [`${provider}\n${model}`, state]),
    );
    const byModel = new Map<string, StatsRow[]>([...names].map((name) => [name, []]));
    for (const row of rows) byModel.get(row.model)?.push(row);
    const data = [...names]
      .toSorted()
      .map((name) => toView(name, byModel.get(name) ?? [], configured.get(name), states));
    return { object: 'list', window, data };
  }
}

/** By provider's name and upstream model. */
type States = ReadonlyMap<string, Health>;

function toView(name: string, rows: readonly StatsRow[], model: Model | undefined, states: States) {
  const whole = rows.find(({ target }) => target === null) ?? NO_CALLS;
  return {
    model: name,
    requests: whole.requests,
    errors: whole.errors,
    error_rate: whole.requests === 0 ? 0 : whole.errors / whole.requests,
    cancelled: whole.cancelled,
    prompt_tokens: whole.promptTokens,
    completion_tokens: whole.completionTokens,
    cost_usd: whole.costNanos === null ? null : printDollars(whole.costNanos),
    unpriced: whole.unpriced,
    latency_ms: whole.latencyMs,
    time_to_first_token_ms: whole.timeToFirstTokenMs,
    tokens_per_second: whole.tokensPerSecond,
    targets: targetsOf(rows, model, states),
  };
}

/** Targets that were called, and those that could have been. */
function targetsOf(rows: readonly StatsRow[], model: Model | undefined, states: States) {
  const called = rows.flatMap(({ target, requests, errors, latencyMs }) =>
    target && target.provider !== '' ? [{ ...target, requests, errors, latencyMs }] : [],
  );
  const idle = (model?.targets ?? [])
    .map((target) => ({ provider: target.provider.name, model: target.model, ...NO_CALLS }))
    .filter(
      (one) => !called.some(({ provider, model: name }) => provider === one.provider && name === one.model),
    );
  return [...called, ...idle].map(({ provider, model: name, requests, errors, latencyMs }) => ({
    provider,
    model: name,
    state: states.get(`${provider}\n${name}`) ?? 'healthy',
    requests,
    errors,
    latency_ms: latencyMs,
  }));
}
