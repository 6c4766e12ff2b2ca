import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformFileSync } from '@swc/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DirectoryInUse, lockDirectory } from './directory-lock.js';

/** Holds the lock until it is killed, and says `held`, or `refused`. */
const CHILD = `
  import { lockDirectory } from './directory-lock.mjs';
  const [directory, at] = process.argv.slice(2);
  while (Date.now() < Number(at));
  try {
    await lockDirectory(directory);
    process.stdout.write('held\\n');
    setInterval(() => {}, 1_000);
  } catch (error) {
    process.stdout.write(error.constructor.name === 'DirectoryInUse' ? 'refused\\n' : String(error));
  }`;

let code: string;
let parent: string;
let directory: string;
let children: ChildProcess[] = [];

beforeAll(() => {
  code = mkdtempSync(join(tmpdir(), 'pllm-lock-code-'));
  const source = fileURLToPath(new URL('directory-lock.ts', import.meta.url));
  const options = { swcrc: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } } as const;
  writeFileSync(join(code, 'directory-lock.mjs'), transformFileSync(source, options).code);
  writeFileSync(join(code, 'child.mjs'), CHILD);
});
afterAll(() => rmSync(code, { recursive: true, force: true }));

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'pllm-lock-'));
  directory = join(parent, 'data');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(children.map(kill));
  children = [];
  rmSync(parent, { recursive: true, force: true });
});

/** A process that asks for the lock at a moment, and what it says. */
function contend(at = 0): { child: ChildProcess; said: Promise<string> } {
  const script = fileURLToPath(pathToFileURL(join(code, 'child.mjs')));
  const child = spawn(process.execPath, [script, directory, String(at)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const said = new Promise<string>((resolve) => {
    child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()));
  });
  return { child, said };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

describe('lockDirectory', () => {
  it('makes the directory, and gives it to one at a time', async () => {
    const lock = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toThrow(DirectoryInUse);
    await expect(lockDirectory(directory)).rejects.toThrow(directory);
    await lock.release();
    await (await lockDirectory(directory)).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('keeps out another process, until its holder is killed', { timeout: 20_000 }, async () => {
    const { child, said } = contend();
    expect(await said).toBe('held');
    await expect(lockDirectory(directory)).rejects.toThrow(DirectoryInUse);
    await kill(child);
    expect(existsSync(join(directory, 'lock.sock'))).toBe(true);
    await (await lockDirectory(directory)).release();
  });

  it.each([false, true])(
    'of many at the same moment lets one in (after a kill: %s)',
    { timeout: 60_000 },
    async (isAfterKill) => {
      for (let round = 0; round < 2; round++) {
        if (isAfterKill) {
          const { child, said } = contend();
          await said;
          await kill(child);
        }
        const at = Date.now() + 700;
        const rivals = [contend(at), contend(at), contend(at), contend(at)];
        const verdicts = await Promise.all(rivals.map(({ said }) => said));
        expect(verdicts.sort()).toEqual(['held', 'refused', 'refused', 'refused']);
        await Promise.all(rivals.map(({ child }) => kill(child)));
      }
    },
  );

  it('holds on a path that is longer than a socket’s may be', { timeout: 20_000 }, async () => {
    vi.stubEnv('TMPDIR', parent);
    directory = join(parent, 'd'.repeat(120), 'e'.repeat(120));
    mkdirSync(directory, { recursive: true });
    const lock = await lockDirectory(directory);
    expect(await contend().said).toBe('refused');
    await lock.release();
    const { child, said } = contend();
    expect(await said).toBe('held');
    await kill(child);
    await (await lockDirectory(directory)).release();
  });
});
