import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/**
 * What takes longest on either database, longest first. Vitest goes by how long a file took the last time, which is
 * nothing for those that were skipped on the embedded database just before: they would come last, one after the other.
 */
const LONGEST = [
  'e2e/outages',
  'e2e/workers',
  'e2e/replicas',
  'specification/documentation',
  'e2e/configuration-commands',
  'e2e/lifecycle',
  'e2e/limits-replicas',
  'e2e/budgets-replicas',
  'e2e/edge-slow-clients',
  'e2e/costs',
  'e2e/start',
  'e2e/tracing',
  'e2e/backup',
  'e2e/budget-accounts',
  'e2e/configuration-file',
];

/** Both workers end together when none of them begins a long file last. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.spec.ts`));
  return at === -1 ? LONGEST.length : at;
}
