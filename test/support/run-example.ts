import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';

const run = promisify(execFile);

const ROOT = new URL('../..', import.meta.url).pathname;
const REQUIREMENTS = join(ROOT, 'test', 'support', 'requirements.txt');
const CACHE = join(ROOT, 'node_modules', '.cache');
const PATIENCE_MS = 60_000;

/** How long the first Python may take to be made. */
export const PYTHON_MS = 180_000;

export type Language = 'sh' | 'js' | 'python';

/** What an example printed. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** Where an example runs. */
export interface Stage {
  /** The gateway's, instead of `http://localhost:8080`. */
  readonly url: string;
  /** Instead of `your-api-key`, and `PLLM_KEY` in the environment. */
  readonly key: string;
  /** The folder with the files that it reads, and writes. */
  readonly folder: string;
}

/** Runs an example as it is written, but for the gateway's address and the key. @throws when it fails */
export async function runExample(language: Language, code: string, stage: Stage): Promise<Printed> {
  const text = code.replaceAll('http://localhost:8080', stage.url).replaceAll('your-api-key', stage.key);
  const env = { ...process.env, PLLM_KEY: stage.key };
  if (language === 'sh') return run('bash', ['-euc', text], { cwd: stage.folder, env, timeout: PATIENCE_MS });
  if (language === 'python') {
    return run(await pythonWithSdk(), ['-c', text], { cwd: stage.folder, env, timeout: PATIENCE_MS });
  }
  // A script from the command line finds its packages from where it runs.
  const moved = `process.chdir(${JSON.stringify(stage.folder)});\n`;
  const args = ['--input-type=module', '-e', text.replace(/^(?!import |\s*$)/m, `${moved}$&`)];
  return run(process.execPath, args, { cwd: ROOT, env, timeout: PATIENCE_MS });
}

/** Is there a Python? In CI there must be. */
export const hasPython = process.env.CI === 'true' || existsSync('/usr/bin/python3') || findsPython();

function findsPython(): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, 'python3')));
}

let python: Promise<string> | undefined;

/** A Python with the official SDK, made once for each state of the requirements: that may take a minute. */
export function pythonWithSdk(): Promise<string> {
  python ??= makePython();
  return python;
}

async function makePython(): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const folder = join(CACHE, `python-${digest}`);
  if (!existsSync(folder)) {
    mkdirSync(CACHE, { recursive: true });
    const fresh = mkdtempSync(join(CACHE, 'python-'));
    await run('python3', ['-m', 'venv', fresh]);
    await run(join(fresh, 'bin', 'python'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--requirement',
      REQUIREMENTS,
    ]);
    try {
      renameSync(fresh, folder);
    } catch {
      // Another worker was faster.
      rmSync(fresh, { recursive: true });
    }
  }
  return join(folder, 'bin', 'python');
}
