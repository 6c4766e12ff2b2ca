/**
 * The gateway against a real, small language model (docs/guides/real-model.md). Starts both, asks by the official SDK,
 * prints what was asked and what came, and ends all that it started, also on failure.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  askDirectly,
  askStreamed,
  askWhole,
  askWrongly,
  connect,
  leaveMidway,
  readLedger,
  setUp,
} from './calls.mjs';
import { startGateway } from './gateway.mjs';
import { findModel, startModelServer } from './model-server.mjs';
import { Programs } from './programs.mjs';
import { Transcript } from './transcript.mjs';

const INSTALL_MINUTES = 60;
const RUN_MINUTES = 5;

const folder = mkdtempSync(join(tmpdir(), 'pllm-real-model-'));
const programs = new Programs(folder);
const transcript = new Transcript();

async function prove(model) {
  const startedAt = performance.now();
  const upstreamUrl = await startModelServer(programs, model);
  transcript.say('model', `${model.name} on ${upstreamUrl}, ready after ${seconds(startedAt)}`);
  const gatewayAt = performance.now();
  const { url, admin } = await startGateway(programs, folder);
  transcript.say('gateway', `${url}, embedded database, ready after ${seconds(gatewayAt)}`);
  const apiKey = await setUp({ admin, transcript }, upstreamUrl, model.name);
  const run = { client: connect(url, apiKey), admin, transcript };
  const text = await askDirectly(run, upstreamUrl, model.name);
  await askWhole(run, text);
  await askStreamed(run, text);
  await askWrongly(run);
  await leaveMidway(run);
  await readLedger(run);
  transcript.note(`\nAll ${transcript.checks} checks passed in ${seconds(startedAt)}.`);
}

/** Fails when someone wants the run to stop, or something goes wrong where nobody waits for it. */
const stopped = new Promise((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => reject(new Error(`Stopped by ${signal}.`)));
  }
  process.on('uncaughtException', reject);
});

/** @throws Error when the work takes longer, or the run is to stop */
async function within(minutes, work) {
  const late = new AbortController();
  const timeout = pause(minutes * 60_000, undefined, { signal: late.signal }).then(() => {
    throw new Error(`Not done after ${minutes} minutes.`);
  });
  try {
    return await Promise.race([work(), timeout, stopped]);
  } finally {
    late.abort();
  }
}

/** A failed check or a reason says it all; of anything else the place matters too. */
function describe(error) {
  return error.constructor === Error || error.code === 'ERR_ASSERTION' ? error.message : error.stack;
}

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

try {
  const model = await within(INSTALL_MINUTES, () => findModel(programs, (text) => transcript.note(text)));
  await within(RUN_MINUTES, () => prove(model));
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`\nFAILED: ${describe(error)}\n${programs.lastLines()}\n`);
} finally {
  await programs.stop();
  rmSync(folder, { recursive: true, force: true });
}
// What a failed run left waiting holds nothing up.
process.exit();
