import type { INestApplicationContext } from '@nestjs/common';
import { UsageSpool } from '#metering';
import { CallMetrics, ErrorCounts, MetricsServer, makeRegistry } from '#observability';
import type { Logger } from '#observability';
import { TargetStates } from '#routing';
import { InvalidEnvironment } from '../config/environment.js';
import type { Config } from '../config/config.js';
import { LOGGER } from '../logging/logging.module.js';

/**
 * Shows the metrics on a port of their own. A port that the operator chose must be free; the default one may belong to
 * another gateway on this machine. @throws InvalidEnvironment
 */
export async function startMetrics(
  { host, metricsPort, isMetricsPortGiven }: Config,
  app: INestApplicationContext,
  load: { readonly inFlight: number; readonly limit: number },
): Promise<MetricsServer | undefined> {
  if (metricsPort === undefined) return undefined;
  const spool = app.get(UsageSpool);
  const targets = app.get(TargetStates);
  const registry = makeRegistry({
    calls: app.get(CallMetrics),
    errors: app.get(ErrorCounts),
    inFlight: () => load.inFlight,
    inFlightLimit: () => load.limit,
    spool: () => spool.depth,
    targets: () => targets.list(performance.now()).sort((one, other) => other.attempts - one.attempts),
  });
  try {
    return await MetricsServer.listen(registry, host, metricsPort);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem = `the gateway cannot listen on port ${metricsPort} (${code})`;
    if (isMetricsPortGiven) throw new InvalidEnvironment(`PLLM_METRICS_PORT: ${problem}`);
    app.get<Logger>(LOGGER).warn({ event: 'metrics' }, `There are no metrics: ${problem}.`);
    return undefined;
  }
}
