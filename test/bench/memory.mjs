import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { PLAIN, bodyOf, publicName } from './cases.mjs';

const PAUSE_MS = 3;
/** A body may take so long. */
const PATIENCE_MS = 60_000;
/** For what a call put off, such as its record. */
const REST_MS = 1_000;

/** Of an answer so much is looked at. */
const SEEN_BYTES = 256 * 1024;
/** Chats to warm up, for each small body. */
const CHATS = 100;

/**
 * What one large body adds to the gateway's resident memory: its peak during the call, above what it had when it had
 * only seen small ones. Resolves to the rounds of each kind, by program: `[{ title, results: Map(name → [{ mb }]) }]`.
 */
export async function measureMemory(programs, kinds, { bodies: { rounds, warmUp } }) {
  const agent = new Agent({ headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS });
  const measured = kinds.map((kind) => ({ ...kind, results: new Map() }));
  for (const program of programs) {
    for (let count = 0; count < warmUp * CHATS; count++) await chat(agent, program);
    for (let count = 0; count < warmUp; count++)
      for (const kind of kinds) await ask(agent, program, kind, false);
    await sleep(REST_MS);
    const before = resident(program.id).now;
    // Those together last: what they took stays in the process for a while.
    for (const group of [measured.filter(isAlone), measured.filter((kind) => !isAlone(kind))]) {
      for (let round = 0; round < rounds; round++) {
        for (const kind of group) {
          const most = await peakOf(agent, program, kind);
          if (round === 0) kind.results.set(program.name, []);
          kind.results.get(program.name).push({ mb: (most - before) / (kind.atOnce ?? 1) });
        }
      }
    }
  }
  await agent.close();
  return measured;
}

function isAlone({ atOnce = 1 }) {
  return atOnce === 1;
}

/** The most memory that a program had while it was asked. */
async function peakOf(agent, program, kind) {
  await sleep(REST_MS);
  forgetPeak(program.id);
  await Promise.all(Array.from({ length: kind.atOnce ?? 1 }, () => ask(agent, program, kind, true)));
  return resident(program.id).most;
}

async function ask(agent, program, { path, send, isSlow = false }, isLarge) {
  const { body, headers, expected } = send(isLarge);
  const url = `${program.url}/v1/${path}`;
  const options = { dispatcher: agent, method: 'POST', headers: { ...headers, ...program.headers }, body };
  const answer = await request(url, options);
  let bytes = 0;
  let text = '';
  for await (const piece of answer.body) {
    bytes += piece.length;
    if (bytes < SEEN_BYTES) text += piece.toString('latin1');
    if (isSlow) await sleep(PAUSE_MS);
  }
  const isRight = typeof expected === 'string' ? text.includes(expected) : bytes >= expected;
  if (answer.statusCode !== 200 || !isRight) {
    throw new Error(`${program.name}, ${path}: ${answer.statusCode}, ${bytes} bytes: ${text.slice(0, 200)}`);
  }
}

async function chat(agent, program) {
  const body = bodyOf(PLAIN, publicName(PLAIN.script));
  const headers = { 'content-type': 'application/json', ...program.headers };
  const answer = await request(`${program.url}/v1/chat/completions`, {
    dispatcher: agent,
    method: 'POST',
    headers,
    body,
  });
  await answer.body.dump();
}

/** The most counts from here (proc(5), `clear_refs`). */
function forgetPeak(id) {
  writeFileSync(`/proc/${id}/clear_refs`, '5');
}

/** In MB. */
function resident(id) {
  const status = readFileSync(`/proc/${id}/status`, 'utf8');
  const of = (name) => (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1024) / 1e6;
  return { now: of('VmRSS'), most: of('VmHWM') };
}
