import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { LARGE_ANSWER, LARGE_BYTES, SMALL_ANSWER, SMALL_BYTES, publicName } from './cases.mjs';

const UPLOAD_BYTES = 90_000_000;
const PIECE = Buffer.alloc(256 * 1024, 1);
const PAUSE_MS = 3;
/** A body may take so long. */
const PATIENCE_MS = 60_000;
/** For what a call put off, such as its record. */
const REST_MS = 1_000;

const JSON_TYPE = { 'content-type': 'application/json' };
const BOUNDARY = 'pllm-bench';
const FORM_TYPE = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
const BARE = 'sandbox';
/** Chats to warm up, for each small body. */
const CHATS = 100;

/** In this order; `isSlow`: the client takes the answer a piece at a time; `atOnce`: so many together, told for each. */
const KINDS = [
  { title: 'upload of 90 MB, transcribed', path: 'audio/transcriptions', send: upload },
  { title: 'image of 50 MB', path: 'images/generations', send: draw },
  { title: 'image of 50 MB, read slowly', path: 'images/generations', send: draw, isSlow: true },
  { title: 'speech of 50 MB', path: 'audio/speech', send: speak },
  { title: 'speech of 50 MB, read slowly', path: 'audio/speech', send: speak, isSlow: true },
  { title: '8 uploads of 90 MB at once, each', path: 'audio/transcriptions', send: upload, atOnce: 8 },
  {
    title: '8 images of 50 MB, read slowly, each',
    path: 'images/generations',
    send: draw,
    isSlow: true,
    atOnce: 8,
  },
];

export const MEMORY = { name: 'memory' };

/**
 * What one large body adds to the gateway's resident memory: its peak during the call, above what it had when it had
 * only seen small ones. Resolves to the rounds of each kind, by program: `[{ title, results: Map(name → [{ mb }]) }]`.
 */
export async function measureMemory(programs, { bodies: { rounds, warmUp } }) {
  const agent = new Agent({ headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS });
  const measured = KINDS.map((kind) => ({ ...kind, results: new Map() }));
  for (const program of programs) {
    for (let count = 0; count < warmUp * CHATS; count++) await chat(agent, program);
    for (let count = 0; count < warmUp; count++)
      for (const kind of KINDS) await ask(agent, program, kind, false);
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
    if (bytes < PIECE.length) text += piece.toString('latin1');
    if (isSlow) await sleep(PAUSE_MS);
  }
  const isRight = typeof expected === 'string' ? text.includes(expected) : bytes >= expected;
  if (answer.statusCode !== 200 || !isRight) {
    throw new Error(`${program.name}, ${path}: ${answer.statusCode}, ${bytes} bytes: ${text.slice(0, 200)}`);
  }
}

async function chat(agent, program) {
  const body = JSON.stringify({ model: publicName(BARE), messages: [{ role: 'user', content: 'Hello!' }] });
  const headers = { ...JSON_TYPE, ...program.headers };
  const answer = await request(`${program.url}/v1/chat/completions`, {
    dispatcher: agent,
    method: 'POST',
    headers,
    body,
  });
  await answer.body.dump();
}

/** The model comes last: everything must be read before it is known who is asked. */
function upload(isLarge) {
  const bytes = isLarge ? UPLOAD_BYTES : SMALL_BYTES;
  const part = (rest) => `--${BOUNDARY}\r\ncontent-disposition: form-data; ${rest}\r\n\r\n`;
  const head = Buffer.from(part('name="file"; filename="a.wav"'));
  const tail = Buffer.from(`\r\n${part('name="model"')}${publicName(BARE)}\r\n--${BOUNDARY}--\r\n`);
  const headers = { ...FORM_TYPE, 'content-length': String(head.length + bytes + tail.length) };
  return { body: form(head, bytes, tail), headers, expected: `I heard ${bytes} bytes` };
}

async function* form(head, bytes, tail) {
  yield head;
  for (let left = bytes; left > 0; left -= PIECE.length) yield PIECE.subarray(0, left);
  yield tail;
}

function draw(isLarge) {
  return json(isLarge, { prompt: 'A cute cat' });
}

function speak(isLarge) {
  return json(isLarge, { input: 'Hello world', voice: 'alloy' });
}

function json(isLarge, members) {
  const model = publicName(isLarge ? LARGE_ANSWER : SMALL_ANSWER);
  const expected = isLarge ? LARGE_BYTES : SMALL_BYTES;
  return { body: JSON.stringify({ model, ...members }), headers: JSON_TYPE, expected };
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
