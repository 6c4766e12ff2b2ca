import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const STOP_MS = 10_000;
const TAIL_LINES = 30;

/** The programs that one run started. Each leads a process group of its own, so that what it started ends with it. */
export class Programs {
  #running = new Map();
  #closed = false;

  /** @param {string} logs a folder for what they print */
  constructor(logs) {
    this.logs = logs;
  }

  /** Starts a program that is to go on; `exited` tells how it ended. */
  start(name, command, args, { env, cwd, isGentle = false } = {}) {
    if (this.#closed) throw new Error('The run is over.');
    const log = join(this.logs, `${name}.log`);
    const output = openSync(log, 'a');
    const child = spawn(command, args, { stdio: ['ignore', output, output], detached: true, env, cwd });
    closeSync(output);
    const program = { name, log, child, end: undefined, exited: undefined };
    program.exited = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    }).then((end) => (program.end = end));
    if (isGentle && child.pid) makeGentle(child.pid);
    this.#running.set(name, program);
    return program;
  }

  /** Runs a program to its end. @throws Error with its last lines, unless it ends well */
  async run(name, command, args, options) {
    const program = this.start(name, command, args, options);
    const end = await program.exited;
    this.#running.delete(name);
    if (end !== 'exit code 0') throw new Error(`${name}: ${end}\n${lastLines(program)}`);
  }

  /** Asks until something comes. @throws Error when the program ends first, or the time is over */
  async waitFor(program, seconds, ask) {
    const deadline = performance.now() + seconds * 1000;
    while (performance.now() < deadline) {
      if (program.end !== undefined) throw new Error(`${program.name} ended: ${program.end}`);
      const answer = await ask().catch(() => undefined);
      if (answer) return answer;
      await pause(200);
    }
    throw new Error(`${program.name} was not ready after ${seconds} s`);
  }

  /** Ends all of them, the last one first, and lets none start any more. */
  async stop() {
    this.#closed = true;
    for (const program of [...this.#running.values()].toReversed()) await end(program);
    this.#running.clear();
  }

  /** The end of what each of them printed. */
  lastLines() {
    return [...this.#running.values()]
      .map((program) => `--- ${program.name}\n${lastLines(program)}`)
      .join('\n');
  }
}

/** A port of the loopback address that nobody listens on now. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function end({ child, exited }) {
  if (!child.pid) return;
  signal(child.pid, 'SIGTERM');
  await Promise.race([exited, pause(STOP_MS, undefined, { ref: false })]);
  // What the program itself left behind in its group, or the program, if it would not go.
  signal(child.pid, 'SIGKILL');
  await exited;
}

function signal(groupId, name) {
  try {
    process.kill(-groupId, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** A model takes all the processor it can get: whatever else runs on the machine goes first. */
function makeGentle(id) {
  try {
    setPriority(id, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch (error) {
    // One that ended at once tells by its exit why.
    if (error.info?.code !== 'ESRCH') throw error;
  }
}

function lastLines({ log }) {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}
