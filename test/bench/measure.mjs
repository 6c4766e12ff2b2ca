import { bodyOf, publicName } from './cases.mjs';

/** What the generator is told of a program in a case: one request, and what its answer must be. */
export async function targetOf(program, asked) {
  const one = program.isGateway ? asked : { ...asked, ...asked.plain };
  const { path, connections, atOnce, status, stream, tail } = one;
  const { isGateway, usesPublicNames = isGateway } = program;
  const model = (isGateway ? one.model : undefined) ?? publicName(one.script);
  const body = bodyOf(one, usesPublicNames ? model : one.script);
  const headers = { 'content-type': 'application/json', ...program.headers, ...one.headers };
  const bytes = await probe(program, one, headers, body);
  const expected = { bytes, status, ...(stream && { tail }) };
  return {
    name: program.name,
    url: program.url,
    path,
    headers,
    body,
    variants: program.variants,
    connections,
    atOnce,
    expected,
  };
}

/** Asks once and reads the answer with care; the others must have as many bytes. */
async function probe(program, { path, stream, status, tail }, headers, body) {
  const response = await fetch(`${program.url}${path}`, { method: 'POST', headers, body });
  const text = await response.text();
  const isComplete = stream ? text.endsWith(tail) : hasContent(JSON.parse(text), status);
  if (response.status !== status || !isComplete) {
    throw new Error(`${program.name} answered ${response.status}: ${text.slice(0, 200)}`);
  }
  return Buffer.byteLength(text);
}

function hasContent({ choices, data, error }, status) {
  return status === 200 ? (choices ?? data)?.length > 0 : error !== undefined;
}

/** Gives the generator a task and waits for its result. */
export function ask(generator, message) {
  return new Promise((resolve, reject) => {
    generator.once('message', ({ result, error }) => {
      if (error === undefined) resolve(result);
      else reject(new Error(`${message.target.name}: ${error}`));
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
  for (const program of programs.filter(({ isGateway }) => isGateway || !one.isRefusal)) {
    const target = await targetOf(program, one);
    program.empty?.();
    await ask(generator, { task: 'warmUp', target, ...warmUp, ...one.warmUp });
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
