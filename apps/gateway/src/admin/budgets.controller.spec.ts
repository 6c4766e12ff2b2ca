import type { FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import { GatewayError } from '#contract';
import type { Database } from '#persistence';
import { MASTER } from '../auth/make-caller.js';
import { BudgetsController } from './budgets.controller.js';

it('repairs nothing that the audit log is not told of', async () => {
  const asked: string[] = [];
  const away = (name: string) => async () => {
    asked.push(name);
    throw new GatewayError('service_unavailable');
  };
  const names = ['read', 'run', 'query', 'transaction', 'write'];
  const database = Object.fromEntries(names.map((name) => [name, away(name)]));
  const controller = new BudgetsController(database as unknown as Database);
  const request = { caller: MASTER, id: 'req_1' } as unknown as FastifyRequest;
  await expect(controller.reconcile({ repair: true }, request)).rejects.toThrow(GatewayError);
  expect(asked).toEqual(['write']);
});
