import { randomBytes } from 'node:crypto';
import cluster from 'node:cluster';
import { LimitServer } from '#coordination';
import { RateLimiter } from '#metering';
import { MetricsSum, createLogging } from '#observability';
import { banner } from '../banner.js';
import type { Config } from '../config/config.js';
import { resolveSecrets } from '../config/generated-secrets.js';
import { listenForMetrics } from '../metrics/listen-for-metrics.js';
import { stopOnSignal } from '../stop-on-signal.js';
import type { WorkerMessage } from './messages.js';
import { returnConnections } from './return-connections.js';
import type { Receiver } from './return-connections.js';
import { WorkerFaults } from './worker-faults.js';
import { WorkerFigures } from './worker-figures.js';
import { WorkerPool } from './worker-pool.js';
import type { Worker } from './worker-pool.js';

/**
 * The process that is no gateway itself: it keeps the workers running, hands them connections in turn, and holds what
 * there may be only one of.
 *
 * @throws InvalidEnvironment, WorkerFailed
 */
export async function runPrimary(config: Config): Promise<void> {
  // Made before there are several who would make them.
  const secrets = resolveSecrets(config);
  const { logger } = createLogging(config.logLevel);
  const limits = new LimitServer((replicas) => new RateLimiter(() => performance.now(), replicas));
  const figures: WorkerFigures = new WorkerFigures(() => pool.listening);
  const sum = new MetricsSum(() => figures.ask());
  // Workers have described their errors; to do that again would lose them.
  const described = logger.child({}, { serializers: { err: (error: unknown) => error } });
  const faults = new WorkerFaults(described, Date.now);
  const pool = new WorkerPool({
    count: config.workers,
    gatewayId: randomBytes(8).toString('hex'),
    fork: forkWorker,
    logger,
    clock: () => performance.now(),
    heard: (worker, message) => {
      if (message.kind === 'fault' || message.kind === 'fault_over') faults.receive(message);
      else hear(worker, message, limits, figures);
    },
    died: ({ id }) => {
      limits.forget(id);
      figures.forget(id);
      sum.forget(id);
    },
  });
  // A connection goes to the next worker that has taken its last one; left to themselves few would take them all.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  stopOnSignal(process, () => performance.now(), {
    stop: () => void pool.stop().then((areClean) => process.exit(areClean ? 0 : 1)),
    end: () => {
      pool.kill();
      process.exit(1);
    },
  });
  if (!process.stdin.isTTY) process.on('SIGHUP', () => pool.tell({ kind: 'reload' }));
  await listenForMetrics(config, sum, logger);
  const { url, model } = await pool.start();
  process.stdout.write(banner({ url, config, secrets, model, isDemo: false }));
}

function forkWorker(): Worker {
  const worker = cluster.fork();
  const died = returnConnections(worker.process as Receiver);
  worker.on('exit', died);
  return worker;
}

function hear(worker: Worker, message: WorkerMessage, limits: LimitServer, figures: WorkerFigures): void {
  if (message.kind === 'metrics') return figures.receive(worker.id, message.id, message.figures);
  if (message.kind !== 'limits') return;
  const answers = limits.answer(worker.id, message.questions);
  if (answers.length > 0 && worker.isConnected()) worker.send({ kind: 'limits', answers }, () => {});
}
