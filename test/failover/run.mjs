/**
 * Three upstreams, one of them killed every few seconds, behind the built gateway: `npm run failover`.
 *
 *   --rate N      streams a second (200)
 *   --seconds N   how long (60)
 *   --every N     seconds between two kills (3)
 *   --down N      seconds until the killed one is back (1.5)
 *
 * Exits with 1 when a client saw an error that another upstream could have avoided.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BROKEN, CUT, FAILED, WHOLE, closeConnections, readStream } from './client.mjs';
import { Programs } from './programs.mjs';

const MODEL = 'three-upstreams';
/** 20 pieces in 200 ms, after 100 ms: long enough to die before its content, and in the middle of it. */
const SCRIPT = 'answers;first=100;chunks=20;gap=10';
const UPSTREAMS = ['one', 'two', 'three'];

const print = (text) => process.stdout.write(`${text}\n`);

function readOptions() {
  const options = { rate: 200, seconds: 60, every: 3, down: 1.5 };
  const strings = Object.keys(options).map((name) => [name, { type: 'string' }]);
  const { values } = parseArgs({ options: Object.fromEntries(strings) });
  for (const [name, text] of Object.entries(values)) {
    options[name] = Number(text);
    if (!(options[name] > 0)) throw new Error(`--${name} takes a number above 0.`);
  }
  // With two of them away at once the last one would be killed with nobody to step in.
  if (options.down >= options.every) throw new Error('--down must be less than --every.');
  return options;
}

async function startAll(programs) {
  const ports = await Promise.all(UPSTREAMS.map(() => programs.startSandbox(0)));
  const masterKey = `sk-pllm-${randomBytes(24).toString('hex')}`;
  const { url, admin } = await programs.startGateway(masterKey);
  for (const [at, name] of UPSTREAMS.entries()) {
    await admin('/providers', { name, type: 'sandbox', base_url: `http://127.0.0.1:${ports[at]}/v1` });
  }
  const targets = UPSTREAMS.map((provider) => ({ provider, model: SCRIPT }));
  await admin('/models', { id: MODEL, strategy: 'round-robin', targets });
  const { key } = await admin('/keys', { name: 'failover' });
  return { url, key, ports };
}

/** Kills one upstream after the other, each time waiting until the one before is back; tells how often. */
async function killInTurn(programs, ports, { every, down }, isOver) {
  let kills = 0;
  for (;;) {
    await sleep((every - down) * 1_000);
    if (isOver()) return kills;
    const port = ports[kills++ % ports.length];
    await programs.kill(port);
    await sleep(down * 1_000);
    await programs.startSandbox(port);
  }
}

/** Starts streams at a steady rate, whatever became of those before; settles when all have ended. */
async function sendStreams(target, { rate, seconds }) {
  const streams = [];
  const from = performance.now();
  const count = Math.round(rate * seconds);
  while (streams.length < count) {
    const due = Math.min(count, ((performance.now() - from) / 1_000) * rate);
    while (streams.length < due) streams.push(readStream(target));
    await sleep(5);
  }
  return Promise.all(streams);
}

function tell(results, kills) {
  const of = (outcome) => results.filter((result) => result.outcome === outcome);
  const moved = of(WHOLE).filter(({ attempts }) => attempts > 1);
  const failovers = results.reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0);
  print(`upstreams killed          ${kills}`);
  print(`streams                   ${results.length}`);
  print(`  whole                   ${of(WHOLE).length}`);
  print(`  of those, failed over   ${moved.length}, by ${failovers} further attempts`);
  print(`  cut behind their first content, with an error frame  ${of(CUT).length}`);
  print(`  ended without a word (must be 0)                     ${of(BROKEN).length}`);
  print(`  an error before any content (must be 0)              ${of(FAILED).length}`);
  for (const { status, reason } of [...of(FAILED), ...of(BROKEN)].slice(0, 5))
    print(`    ${status} ${reason}`);
  return of(FAILED).length + of(BROKEN).length === 0;
}

const options = readOptions();
const programs = new Programs();
try {
  const { ports, ...target } = await startAll(programs);
  const { rate, seconds, every, down } = options;
  print(`${rate} streams a second for ${seconds} s; every ${every} s an upstream is away for ${down} s\n`);
  let isOver = false;
  const killing = killInTurn(programs, ports, options, () => isOver);
  const results = await sendStreams({ ...target, model: MODEL }, options);
  isOver = true;
  if (!tell(results, await killing)) process.exitCode = 1;
} finally {
  closeConnections();
  await programs.stopAll();
}
