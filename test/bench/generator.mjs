/**
 * The load, in a process of its own so that its cost is nobody's. Takes one task at a time over IPC and reads the
 * CPU time of the program under test at the edges of the measured window.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMs } from './cpu-time.mjs';
import { Load } from './load.mjs';
import { OpenStreams } from './open-streams.mjs';

/** A program is at rest when it takes no more than one tick of CPU in this time. */
const REST_MS = 300;
const REST_CPU_MS = 10;
const LONGEST_REST_MS = 20_000;

const TASKS = { warmUp, measure, fixedRate, openStreams };

/** Requests that are not counted. */
async function warmUp(load, { seconds, atLeast }) {
  return load.closedLoop({ seconds, atLeast });
}

/**
 * CPU time per request. Connections are opened before the window, unless `opening` is 0 (seconds); it ends when the
 * program is at rest again, so that work it put off, such as its ledger, is counted too.
 */
async function measure(load, { seconds, id, besideId, opening = 0.3 }) {
  if (opening > 0) {
    await load.closedLoop({ seconds: opening });
    await untilAtRest(id);
  }
  const [cpu, beside] = [cpuMs(id), besideId && cpuMs(besideId)];
  const from = process.hrtime.bigint();
  const result = await load.closedLoop({ seconds });
  const to = process.hrtime.bigint();
  const restMs = await untilAtRest(id);
  const micros = (before, after) => ((after - before) * 1000) / result.requests;
  return {
    ...result,
    cpuMicros: micros(cpu, cpuMs(id)),
    besideMicros: besideId && micros(beside, cpuMs(besideId)),
    restMs,
    /** On the clock of `.cpuprofile` files. */
    window: [Number(from / 1000n), Number(to / 1000n)],
  };
}

async function fixedRate(load, { seconds, rate, id }) {
  await load.fixedRate({ seconds: 0.5, rate });
  await untilAtRest(id);
  return load.fixedRate({ seconds, rate });
}

/** Many streams at once, until the last has ended. */
async function openStreams(load, options) {
  await untilAtRest(options.id);
  const streams = new OpenStreams(load, options);
  return streams.run();
}

async function untilAtRest(id) {
  const from = performance.now();
  for (let before = cpuMs(id); performance.now() - from < LONGEST_REST_MS;) {
    await sleep(REST_MS);
    const now = cpuMs(id);
    if (now - before <= REST_CPU_MS) break;
    before = now;
  }
  return performance.now() - from;
}

process.on('message', async ({ task, target, ...options }) => {
  const load = new Load(target);
  try {
    process.send({ result: await TASKS[task](load, options) });
  } catch (error) {
    process.send({ error: `${error.message}${error.cause ? ` (${error.cause.message})` : ''}` });
  } finally {
    await load.close();
  }
});
process.once('disconnect', () => process.exit(0));
process.send({ ready: true });
