import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CASES } from './cases.mjs';
import { makeFolder, stop } from './children.mjs';
import { startGateway } from './gateway.mjs';
import { startPostgres } from './postgres.mjs';
import { ask, targetOf } from './measure.mjs';
import { areaOf, nameOf, stageOf } from './profile-places.mjs';
import { startGenerator, startUpstream } from './programs.mjs';
import { table } from './report.mjs';

/** V8's own choice; more samples cost more than they tell. */
const MICROS_BETWEEN_SAMPLES = 1_000;
/** Times the usual window, for enough samples. */
const LONGER = 3;
const TOP = 30;
/** Rows with less are added up. */
const LEAST_SHARE = 0.003;
const print = (text) => process.stdout.write(`${text}\n`);

/**
 * Runs each wanted case (chat-32 if none is named) on a gateway under V8's sampling profiler, and prints where the
 * time of the measured window went: share of the busy samples, and that share of the CPU time per request.
 */
export async function profile({ root, window, only, isWanted }) {
  const upstream = await startUpstream(root);
  const generator = await startGenerator();
  const postgres = await startPostgres();
  for (const one of CASES.filter(only ? isWanted : ({ name }) => name === 'chat-32')) {
    const folder = makeFolder('profile');
    const nodeOptions = ['--cpu-prof', `--cpu-prof-dir=${folder}`];
    nodeOptions.push(`--cpu-prof-interval=${MICROS_BETWEEN_SAMPLES}`);
    const databaseUrl = postgres && (await postgres.newDatabase());
    const gateway = await startGateway({ root, upstream: upstream.url, databaseUrl, nodeOptions });
    const program = { name: 'pllm', isGateway: true, ...gateway };
    const target = await targetOf(program, one);
    await ask(generator, { task: 'warmUp', target, ...window.warmUp });
    const seconds = window.seconds * LONGER;
    const result = await ask(generator, { task: 'measure', target, seconds, id: gateway.id });
    await stop(gateway.child);
    report(one, result, readSamples(folder, result.window));
  }
}

function report(one, { cpuMicros, requests }, samples) {
  print(`${one.title}: ${requests} requests, ${cpuMicros.toFixed(0)} µs of CPU each under the profiler\n`);
  for (const [title, keyOf, most] of [
    ['stage of the request', stageOf, Infinity],
    ['code that ran', ([leaf, ...callers]) => areaOf(leaf, callers), Infinity],
    ['function', ([leaf, ...callers]) => nameOf(leaf, callers), TOP],
  ]) {
    print(`${shares(title, samples, keyOf, most, cpuMicros)}\n`);
  }
}

function shares(title, { stacks, busy }, keyOf, most, cpuMicros) {
  const sums = new Map();
  for (const { stack, micros } of stacks) {
    const key = keyOf(stack);
    sums.set(key, (sums.get(key) ?? 0) + micros);
  }
  const sorted = [...sums].sort(([, one], [, other]) => other - one);
  const rows = sorted.filter(([, micros], index) => index < most && micros / busy >= LEAST_SHARE);
  const rest = sorted.slice(rows.length);
  if (rest.length > 0)
    rows.push([`${rest.length} others`, rest.reduce((sum, [, micros]) => sum + micros, 0)]);
  const row = ([key, micros]) => {
    const share = micros / busy;
    return [key, `${(share * 100).toFixed(1)} %`, (share * cpuMicros).toFixed(1)];
  };
  return table([title, 'share', 'µs per request'], rows.map(row));
}

/** The stacks (leaf first) of the busy samples within the window, and their time. */
function readSamples(folder, [from, to]) {
  const [file] = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error('the gateway left no profile');
  const { nodes, samples, timeDeltas, startTime } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  for (const node of nodes) for (const id of node.children ?? []) byId.get(id).parent = node;
  const micros = new Map();
  let at = startTime;
  samples.forEach((id, index) => {
    at += timeDeltas[index];
    if (at >= from && at <= to) micros.set(id, (micros.get(id) ?? 0) + (timeDeltas[index + 1] ?? 0));
  });
  const stacks = [];
  for (const [id, time] of micros) {
    const stack = [];
    for (let node = byId.get(id); node; node = node.parent) stack.push(node.callFrame);
    if (stack[0].functionName !== '(idle)') stacks.push({ stack, micros: time });
  }
  if (stacks.length === 0) throw new Error('the profile has no sample of the measured window');
  return { stacks, busy: stacks.reduce((sum, { micros: time }) => sum + time, 0) };
}
