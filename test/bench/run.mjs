/**
 * CPU time per request of the gateway, beside programs that do less, and what large bodies cost in memory:
 * `npm run bench`.
 *
 *   --quick              short windows, two rounds: a look, not a figure
 *   --only chat-32,…     these cases only; docs/performance.md has their names
 *   --json FILE          everything measured
 *   --root FOLDER        another built checkout, such as one from before a change
 *   --against FOLDER|REV beside another built checkout, or a revision, which is built; the two take turns
 *   --rounds N           more rounds, where the machine is noisy
 *   --profile            where the gateway's CPU time goes in chat-32, instead
 *   --peers              beside other gateways, which are installed: chat-32, prompt, burst and latency
 *   --check              half a minute: are the bounds of ratchet.json kept? (part of .ci/run)
 */
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CASES, LATENCY } from './cases.mjs';
import { check } from './check.mjs';
import { stopAll } from './children.mjs';
import { familyMemoryMb } from './cpu-time.mjs';
import { describeMachine } from './machine.mjs';
import { measureCase } from './measure.mjs';
import { startPeers } from './peers.mjs';
import { profile } from './profile.mjs';
import { startBareAndPllm, startGenerator, startPrograms, startUpstream } from './programs.mjs';
import { besideTable, cpuTable, latencyTable, machineLines, memoryTable, peersTable } from './report.mjs';
import { SUITES } from './suites.mjs';

const LONGEST_MINUTES = process.argv.includes('--check') ? 8 : 40;
const FULL = {
  rounds: 3,
  seconds: 5,
  warmUp: { seconds: 5, atLeast: 15_000 },
  bodies: { rounds: 5, warmUp: 30 },
};
const QUICK = {
  rounds: 2,
  seconds: 2,
  warmUp: { seconds: 2, atLeast: 6_000 },
  bodies: { rounds: 3, warmUp: 10 },
};

/** What `--peers` measures, and the rate of its latency, which all can stand. */
const BESIDE_PEERS = 'chat-32,prompt,burst,latency';
const PEERS_RATE = 25;

const print = (text) => process.stdout.write(`${text}\n`);

function readOptions() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      json: { type: 'string' },
      root: { type: 'string', default: fileURLToPath(new URL('../..', import.meta.url)) },
      against: { type: 'string' },
      rounds: { type: 'string' },
      profile: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
    },
  });
  const known = new Set([...CASES, LATENCY, ...SUITES].flatMap(({ name, group = name }) => [name, group]));
  const only = (values.only ?? (values.peers ? BESIDE_PEERS : undefined))?.split(',') ?? [...known];
  const unknown = only.find((name) => !known.has(name));
  if (unknown !== undefined) throw new Error(`There is no case '${unknown}'.`);
  const window = values.quick ? QUICK : FULL;
  return {
    ...values,
    root: resolve(values.root),
    isWanted: ({ name, group }) => only.includes(name) || only.includes(group),
    window: { ...window, rounds: values.rounds === undefined ? window.rounds : Number(values.rounds) },
  };
}

async function startAll({ root, against, peers }, upstream) {
  if (!peers) return startPrograms(root, upstream, against);
  const own = await startBareAndPllm(root, upstream);
  const { programs, missing } = await startPeers(upstream);
  return { programs: [...own, ...programs], missing };
}

async function compare(options) {
  const { root, peers, window, isWanted, json } = options;
  const machine = describeMachine(root);
  print(`${machineLines(machine)}; load average ${loadavg()[0].toFixed(2)} at the start\n`);
  const upstream = await startUpstream(root);
  const generator = await startGenerator();
  const { programs, missing, postgres } = await startAll(options, upstream);
  const names = programs.map(({ name }) => name);
  for (const line of missing) print(line);
  const measured = [];
  for (const one of CASES.filter(isWanted)) {
    measured.push({ ...one, results: await measureCase(generator, programs, one, window) });
    print(`${cpuTable(measured.slice(-1), names)}\n`);
  }
  const direct = { name: 'no proxy', url: upstream.origin, id: upstream.id };
  const fixed = peers ? { ...LATENCY, rate: PEERS_RATE } : LATENCY;
  const latency = isWanted(LATENCY) && {
    ...fixed,
    results: await measureCase(generator, [direct, ...programs], fixed, window),
  };
  const memory = Object.fromEntries(programs.map(({ name, id }) => [name, familyMemoryMb(id)]));
  if (measured.length > 0) print(`${cpuTable(measured, names)}\n\n${besideTable(measured, names)}\n`);
  const peerNames = programs.filter(({ isPeer }) => isPeer).map(({ name }) => name);
  if (measured.length > 0 && peerNames.length > 0) print(`${peersTable(measured, peerNames)}\n`);
  if (latency) print(`${latency.rate} requests/s\n${latencyTable(latency, [direct.name, ...names])}\n`);
  print(`${memoryTable(memory)}\n`);
  const suites = [];
  for (const suite of SUITES.filter(isWanted)) {
    suites.push(...(await suite.measure({ root, upstream, generator, programs, postgres, window, print })));
  }
  const cases = [...measured, ...(latency ? [latency] : []), ...suites].map((one) => ({
    ...one,
    results: Object.fromEntries(one.results),
  }));
  if (json) writeFileSync(json, JSON.stringify({ machine, window, cases, memory }, null, 2));
}

async function main() {
  const options = readOptions();
  if (options.check) return (await check(options)) ? 0 : 1;
  if (options.profile) await profile(options);
  else await compare(options);
  return 0;
}

let isLeaving = false;

/** The first reason counts: to end what runs makes errors of its own. */
function leave(code, reason) {
  if (isLeaving) return;
  isLeaving = true;
  if (reason) process.stderr.write(`bench: ${reason}\n`);
  // What `stopAll` cannot end in time, the `exit` handler kills.
  setTimeout(() => process.exit(code), 20_000).unref();
  stopAll().then(
    () => process.exit(code),
    () => process.exit(1),
  );
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => leave(130, signal));
setTimeout(() => leave(1, `not done after ${LONGEST_MINUTES} minutes`), LONGEST_MINUTES * 60_000).unref();
main().then(
  (code) => leave(code),
  (error) => leave(1, error.stack),
);
