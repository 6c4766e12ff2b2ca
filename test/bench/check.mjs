import { existsSync, readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CASES } from './cases.mjs';
import { measureCase, summarize } from './measure.mjs';
import { startBareAndPllm, startGenerator, startUpstream } from './programs.mjs';
import { HELD, judge, readRatchet } from './ratchet.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Short windows in turns: what disturbs the machine seldom disturbs all of them, and the least counts. */
const SHORT = { rounds: 3, seconds: 0.7, opening: 0, warmUp: { seconds: 1, atLeast: 6_000 } };
/** Before a bound counts as broken. */
const LONG = { rounds: 5, seconds: 2, warmUp: { seconds: 4, atLeast: 15_000 } };
/** Processes that want to run, for each core: beyond it nothing is judged. The check itself makes two at most. */
const TOO_BUSY = 4;

const print = (text) => process.stdout.write(`${text}\n`);

/**
 * A guard against decay: CPU per request of the gateway on Postgres as a ratio to the bare proxy in the same run, the
 * least of several windows of each, against `ratchet.json`. Resolves to whether every bound is kept.
 */
export async function check({ root }) {
  const bounds = readRatchet(readFileSync(here('ratchet.json'), 'utf8'), (name) => {
    const file = join(root, 'docs/decisions', name);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  });
  const upstream = await startUpstream(root);
  const generator = await startGenerator();
  const programs = await startBareAndPllm(root, upstream);
  let isKept = true;
  for (const one of CASES.filter(({ name }) => HELD.includes(name))) {
    const bound = bounds.get(one.name);
    let verdict = judge(one.title, await leastOf(generator, programs, one, SHORT), bound);
    if (!verdict.isKept) {
      print(`${verdict.line}; load average ${loadavg()[0].toFixed(2)}: once more, with longer windows`);
      verdict = judge(one.title, await leastOf(generator, programs, one, LONG), bound);
    }
    print(verdict.line);
    if (verdict.hint) print(verdict.hint);
    if (!verdict.isKept && loadavg()[0] > TOO_BUSY * cpus().length) {
      print(
        `${one.title}: not judged, for the machine is too busy (load average ${loadavg()[0].toFixed(2)})`,
      );
    } else isKept &&= verdict.isKept;
  }
  return isKept;
}

async function leastOf(generator, programs, one, window) {
  const results = await measureCase(generator, programs, one, window);
  const least = (name) => summarize(results.get(name), 'cpuMicros').least;
  return { pllm: least('pllm'), bare: least('bare') };
}
