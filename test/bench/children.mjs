import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a process may take to end when it is asked to. */
const PATIENCE_MS = 15_000;

/** A terminal's Ctrl-C is for the run alone: it ends the others in their order. */
const APART = { detached: true };

/** What this run started, and nothing else: newest last. */
const started = new Map();
const folders = [];

process.on('exit', () => {
  for (const child of started.keys()) killWithItsOwn(child);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A folder that goes with this run. */
export function makeFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `pllm-bench-${name}-`));
  folders.push(folder);
  return folder;
}

/** Starts a program; its end before `stop` fails the run. */
export function start(name, command, args, { signal = 'SIGTERM', ...options } = {}) {
  return keep(name, spawn(command, args, { ...APART, stdio: 'ignore', ...options }), signal);
}

/** Starts a script of Node that speaks over IPC; resolves to the child and its first message. */
export async function startScript(name, file, args = [], execArgv = []) {
  const child = keep(
    name,
    fork(file, args, { ...APART, execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
    'SIGTERM',
  );
  const [message] = await once(child, 'message');
  return { child, message };
}

function keep(name, child, signal) {
  started.set(child, signal);
  child.once('error', (error) => fail(name, error.message));
  child.once('exit', (code, by) => {
    if (started.delete(child)) fail(name, `ended by itself (${by ?? code})`);
  });
  return child;
}

function fail(name, reason) {
  process.stderr.write(`bench: ${name}: ${reason}\n`);
  process.exit(1);
}

/** At once, and with the processes it started: each child has a group of its own (`APART`). */
function killWithItsOwn(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody is left of them.
  }
}

/** Ends one process that this run started, and waits for its end. */
export async function stop(child) {
  const signal = started.get(child);
  if (signal === undefined) return;
  started.delete(child);
  const ended = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => killWithItsOwn(child), PATIENCE_MS);
  await ended;
  clearTimeout(timer);
}

/** Ends everything, the newest first. */
export async function stopAll() {
  for (const child of [...started.keys()].toReversed()) await stop(child);
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Asks again until it is true. */
export async function until(what, isTrue, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (await isTrue()) return;
    await sleep(50);
  }
  throw new Error(`${what} was not ready within ${seconds} s`);
}
