import type { INestApplicationContext } from '@nestjs/common';
import { UsageSpool } from '#metering';
import { CallMetrics, ErrorCounts, makeRegistry } from '#observability';
import { TargetStates } from '#routing';

/** What this process counts, read when it is asked for. */
export function gatherMetrics(
  app: INestApplicationContext,
  load: { readonly inFlight: number; readonly limit: number },
): ReturnType<typeof makeRegistry> {
  const spool = app.get(UsageSpool);
  const targets = app.get(TargetStates);
  return makeRegistry({
    calls: app.get(CallMetrics),
    errors: app.get(ErrorCounts),
    inFlight: () => load.inFlight,
    inFlightLimit: () => load.limit,
    spool: () => spool.depth,
    targets: () => targets.list(performance.now()).sort((one, other) => other.attempts - one.attempts),
  });
}
