import { spawnSync } from 'node:child_process';
import { PLAIN, SLOW, SLOW_CHUNKS, bodyOf, publicName } from './cases.mjs';
import { stop } from './children.mjs';
import { startGateway } from './gateway.mjs';
import { ask, targetOf } from './measure.mjs';
import { startBare } from './programs.mjs';
import { table } from './report.mjs';

const STREAMS = 5_000;
/** Of a program's files, those that are no streams; each stream is two connections. */
const OTHER_FILES = 500;
const RAMP_SECONDS = 10;
/** The first chunk of a stream may take so long; what it took is told. */
const PATIENCE_MS = 30_000;
/** All streams are open for so long; less than their chunks take without the ramp. */
const SECONDS = 10;

/** Many open streams in one process that nobody has used before, a chunk a second each. */
export const OPEN_STREAMS = {
  name: 'streams',
  async measure({ root, upstream, generator, postgres, window, print }) {
    const count = Math.min(STREAMS, Math.floor((filesAllowed() - OTHER_FILES) / 2));
    if (count < STREAMS)
      print(`${filesAllowed()} open files are allowed: ${count} streams instead of ${STREAMS}`);
    const direct = { name: 'no proxy', url: upstream.origin, id: upstream.id };
    const bare = await startBare(upstream);
    const databaseUrl = postgres && (await postgres.newDatabase());
    const gateway = await startGateway({ root, upstream: upstream.url, databaseUrl });
    const results = new Map();
    for (const program of [direct, bare, { name: 'pllm', isGateway: true, ...gateway }]) {
      results.set(program.name, [await openStreams(generator, program, count, window)]);
    }
    for (const { child } of [bare, gateway]) await stop(child);
    print(`${streamsTable(count, results)}\n`);
    return [{ name: 'streams', title: `${count} open streams`, results }];
  },
};

/** How many files a process may have open: Node takes all that it may. */
function filesAllowed() {
  const text = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout.trim();
  return text === 'unlimited' ? Infinity : Number(text);
}

async function openStreams(generator, program, count, { warmUp }) {
  const target = await targetOf(program, PLAIN);
  await ask(generator, { task: 'warmUp', target, ...warmUp });
  const one = { ...PLAIN, script: SLOW, stream: true };
  const body = bodyOf(one, program.isGateway ? publicName(SLOW) : SLOW);
  const slow = { ...target, body, connections: count, patienceMs: PATIENCE_MS, expected: { tail: one.tail } };
  const task = { task: 'openStreams', target: slow, id: program.id, count, chunks: SLOW_CHUNKS };
  return ask(generator, { ...task, rampSeconds: RAMP_SECONDS, seconds: SECONDS });
}

function streamsTable(count, results) {
  const rows = [...results].map(([name, [result]]) => {
    const { idleMb, kbEach, cpuMicros, firstMs, gapMs, largestGapMs } = result;
    const memory =
      name === 'no proxy' ? ['-', '-', '-'] : [idleMb.toFixed(0), kbEach.toFixed(1), cpuMicros.toFixed(0)];
    return [name, ...memory, firstMs.toFixed(0), gapMs.toFixed(0), largestGapMs.toFixed(0)];
  });
  const head = ['MB before', 'KB each', 'CPU per chunk, µs', 'first chunk p99, ms'];
  const gaps = ['largest gap of the middle stream, ms', 'of any'];
  return table([`${count} open streams, a chunk a second`, ...head, ...gaps], rows);
}
