import { bodyOf, publicName } from './cases.mjs';

const PATH = '/v1/chat/completions';

/** What the generator is told of a program in a case: one request, and what its answer must be. */
export async function targetOf(program, one) {
  const { isGateway, usesPublicNames = isGateway } = program;
  const body = bodyOf(one, usesPublicNames ? publicName(one.script) : one.script);
  const headers = { 'content-type': 'application/json', ...program.headers };
  const expected = { bytes: await probe(program, one, headers, body), isStream: one.stream };
  return { url: program.url, path: PATH, headers, body, connections: one.connections, expected };
}

/** Asks once and reads the answer with care; the others must have as many bytes. */
async function probe(program, { stream }, headers, body) {
  const response = await fetch(`${program.url}${PATH}`, { method: 'POST', headers, body });
  const text = await response.text();
  const isComplete = stream ? text.endsWith('data: [DONE]\n\n') : JSON.parse(text).choices?.length === 1;
  if (response.status !== 200 || !isComplete) {
    throw new Error(`${program.name} answered ${response.status}: ${text.slice(0, 200)}`);
  }
  return Buffer.byteLength(text);
}

/** Gives the generator a task and waits for its result. */
export function ask(generator, message) {
  return new Promise((resolve, reject) => {
    generator.once('message', ({ result, error }) => {
      if (error === undefined) resolve(result);
      else reject(new Error(`${message.target.url}: ${error}`));
    });
    generator.send(message);
  });
}

/**
 * Measures a case: all programs warm up, then take turns, round after round, so that a busy minute of the machine
 * falls on all of them. Resolves to the rounds of each program, by name.
 */
export async function measureCase(generator, programs, one, { rounds, seconds, opening, warmUp }) {
  const runs = new Map();
  for (const program of programs) {
    const target = await targetOf(program, one);
    program.empty?.();
    await ask(generator, { task: 'warmUp', target, ...warmUp });
    runs.set(program.name, { program, target, results: [] });
  }
  const task = one.rate === undefined ? 'measure' : 'fixedRate';
  for (let round = 0; round < rounds; round++) {
    for (const { program, target, results } of runs.values()) {
      program.empty?.();
      const { id, besideId } = program;
      results.push(await ask(generator, { task, target, seconds, opening, rate: one.rate, id, besideId }));
    }
  }
  return new Map([...runs].map(([name, { results }]) => [name, results]));
}

/** The middle of the rounds, and how far they lie apart. */
export function summarize(results, member) {
  const values = results.map((result) => result[member]).sort((one, other) => one - other);
  const middle = values.length >> 1;
  const median = values.length % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return { median, least: values[0], most: values.at(-1) };
}
