import { MetricsServer } from '#observability';
import type { Logger } from '#observability';
import { InvalidEnvironment } from '../config/environment.js';
import type { Config } from '../config/config.js';

/**
 * Shows the metrics on a port of their own. A port that the operator chose must be free; the default one may belong to
 * another gateway on this machine. @throws InvalidEnvironment
 */
export async function listenForMetrics(
  { host, metricsPort, isMetricsPortGiven }: Config,
  metrics: Parameters<typeof MetricsServer.listen>[0],
  logger: Logger,
): Promise<MetricsServer | undefined> {
  if (metricsPort === undefined) return undefined;
  try {
    return await MetricsServer.listen(metrics, host, metricsPort);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem = `the gateway cannot listen on port ${metricsPort} (${code})`;
    if (isMetricsPortGiven) throw new InvalidEnvironment(`PLLM_METRICS_PORT: ${problem}`);
    logger.warn({ event: 'metrics' }, `There are no metrics: ${problem}.`);
    return undefined;
  }
}
