import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, it } from 'vitest';
import { BudgetWorld, clearLedger, PAYER_COUNT } from '../../../test/support/budget-world.js';
import { Database } from './database.js';

const SCHEMA = new URL('../../../prisma', import.meta.url).pathname;
const SECONDS = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'pllm-budgets-'));
let database: Database;

beforeAll(async () => {
  database = await Database.open({ url: undefined, dataDir: folder, schemaFolder: SCHEMA });
}, SECONDS);
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

type Step = (world: BudgetWorld) => unknown;

const who = fc.nat({ max: 2 });
const named = (name: string, step: Step): Step => Object.assign(step, { toString: () => name });
const times = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary });

const steps: fc.Arbitrary<Step> = fc.oneof(
  times(
    8,
    fc
      .tuple(who, fc.nat({ max: PAYER_COUNT - 1 }), fc.integer({ min: 1, max: 400 }), fc.nat({ max: 300 }))
      .map((call) => named(`call ${call.join(' ')}`, (world) => world.call(...call))),
  ),
  times(
    6,
    fc
      .tuple(who, fc.nat({ max: 5 }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map((end) => named(`settle ${end.join(' ')}`, (world) => world.settle(...end))),
  ),
  times(
    4,
    who.map((one) => named(`write ${one}`, (world) => world.write(one))),
  ),
  times(1, fc.constant(named('write again', (world) => world.writeAgain()))),
  times(2, fc.constant(named('write late', (world) => world.writeLate()))),
  times(
    2,
    who.map((one) => named(`give back ${one}`, (world) => world.giveBack(one))),
  ),
  times(
    1,
    fc.tuple(who, fc.boolean()).map((end) => named(`crash ${end.join(' ')}`, (world) => world.crash(...end))),
  ),
  times(
    2,
    who.map((one) => named(`sweep ${one}`, (world) => world.sweep(one))),
  ),
  times(
    1,
    who.map((one) => named(`renew ${one}`, (world) => world.renew(one))),
  ),
  times(1, fc.constant(named('next day', (world) => world.nextDay()))),
);

it(
  'in any order of draws, records, returns, crashes and sweeps, nothing strict is overspent and nothing is lost',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 10, maxLength: 40 }), async (run) => {
        await clearLedger(database);
        const world = new BudgetWorld(database, 3);
        for (const step of run) {
          await step(world);
          await world.check();
        }
        await world.end();
      }),
      { numRuns: Number(process.env.PLLM_TEST_RUNS ?? 25) },
    );
  },
  SECONDS,
);
