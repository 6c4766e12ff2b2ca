// The rules of bodies need it, and commands read those before Nest brings it along.
import 'reflect-metadata';
import cluster from 'node:cluster';
import { setFlagsFromString } from 'node:v8';
import { readConfig } from './config/config.js';
import { PrimaryLink } from './workers/primary-link.js';
import { WorkerFailed } from './workers/worker-pool.js';

// What a collection of young objects finds alive is little: threads that share the work wait longer than it takes.
setFlagsFromString('--no-parallel-scavenge');
// Large bodies lie beside the heap, and count for it: all of it was looked through for every few of them.
setFlagsFromString('--heap-growing-percent=100');
// What a call makes would be put among the old objects once many calls had lived through a collection, and keep the rest of theirs alive there.
setFlagsFromString('--no-allocation-site-pretenuring');

const args = process.argv.slice(2);

/** A process loads what it runs: the primary of several workers is small. */
async function main(): Promise<void> {
  const config = readConfig();
  if (cluster.isPrimary && config.workers > 1 && args.length === 0) {
    const { runPrimary } = await import('./workers/run-primary.js');
    return runPrimary(config);
  }
  const { runGateway, runWorker } = await import('./run-gateway.js');
  if (cluster.worker) {
    // Node ends a worker whose primary is gone; this one finishes what it has.
    cluster.worker.exitedAfterDisconnect = true;
    return runWorker(config, await PrimaryLink.join(process), fail);
  }
  const { runCommand } = await import('./command.js');
  const printed = await runCommand(args, config);
  if (printed === undefined) return runGateway(config, fail);
  process.stdout.write(printed);
}

async function fail(error: unknown): Promise<void> {
  // It has said why itself.
  if (error instanceof WorkerFailed) process.exit(error.exitCode);
  const { describeFailure } = await import('./describe-failure.js');
  process.stderr.write(`pllm: ${describeFailure(error)}\n`);
  process.exit(1);
}

main().catch(fail);
