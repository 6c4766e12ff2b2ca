import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDirectoryIfFree } from '../../persistence/src/directory-lock.js';
import { claimSpoolFolder } from './spool-folder.js';
import type { LockFolder, SpoolFolder } from './spool-folder.js';

let folder: string;
let reports: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pllm-spool-'));
  reports = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const report = (message: string) => void reports.push(message);

/** Every process is number 1: each lives in a container of its own. */
const claim = (lock: LockFolder = lockDirectoryIfFree): Promise<SpoolFolder> =>
  claimSpoolFolder({ folder, lock, report, processId: 1 });

const write = (path: string, name: string) => writeFileSync(join(path, name), name);
const texts = ({ left }: SpoolFolder) => left.map((path) => readFileSync(path, 'utf8'));

describe('claimSpoolFolder', () => {
  it('leaves alone what a living process has, though both are number 1', async () => {
    const first = await claim();
    write(first.path, '1000-0.jsonl');
    const second = await claim();
    expect(second.path).not.toBe(first.path);
    expect(second.left).toEqual([]);
    expect(readdirSync(first.path)).toContain('1000-0.jsonl');
    await first.leave();
    const third = await claim();
    expect(texts(third)).toEqual(['1000-0.jsonl']);
    expect(existsSync(first.path)).toBe(false);
    await Promise.all([second.leave(), third.leave()]);
    expect(reports).toEqual([]);
  });

  it('takes the oldest first, from folders and from beside them, and nothing else', async () => {
    const dead = join(folder, '1-aBcDeF');
    for (const path of [dead, join(folder, '2-gHiJkL'), join(folder, 'mine')]) mkdirSync(path);
    write(dead, '1000-0.jsonl');
    write(dead, '30-left-0.jsonl');
    write(dead, 'notes.txt');
    write(folder, '200-4711-0.jsonl');
    write(folder, 'pllm.jsonl');
    write(join(folder, 'mine'), '1-0.jsonl');
    const own = await claim();
    expect(texts(own)).toEqual(['30-left-0.jsonl', '200-4711-0.jsonl', '1000-0.jsonl']);
    expect(own.left.map((path) => join(own.path, basename(path)))).toEqual(own.left);
    const rest = readdirSync(folder).filter((name) => name !== basename(own.path));
    expect(rest.sort()).toEqual(['1-aBcDeF', 'mine', 'pllm.jsonl']);
    await own.leave();
  });

  it('gives each file to one of many that start at once', async () => {
    const names = Array.from({ length: 60 }, (_, at) => `${at}-0.jsonl`);
    for (const [at, name] of names.entries()) {
      const dead = join(folder, `1-dead0${at % 4}`);
      mkdirSync(dead, { recursive: true });
      write(at % 5 === 0 ? folder : dead, name);
    }
    const rivals = await Promise.all(Array.from({ length: 6 }, () => claim()));
    expect(rivals.flatMap(texts).sort()).toEqual(names.sort());
    await Promise.all(rivals.map((each) => each.leave()));
    expect(reports).toEqual([]);
  });

  it('makes another one when somebody looked before it was locked', async () => {
    const seen: string[] = [];
    const lock: LockFolder = async (path) => {
      seen.push(path);
      if (seen.length > 2) return lockDirectoryIfFree(path);
      if (seen.length === 1) return undefined;
      rmSync(path, { recursive: true });
      throw new Error('gone');
    };
    const own = await claim(lock);
    expect(new Set(seen.slice(0, 3)).size).toBe(3);
    expect(own.path).toBe(seen[2]);
    expect(reports).toEqual([]);
    await own.leave();
  });

  it('spools on where nothing can be locked, takes nobody’s files, and says so', async () => {
    const dead = join(folder, '1-aBcDeF');
    mkdirSync(dead);
    write(dead, '1000-0.jsonl');
    const own = await claim(() => Promise.reject(new Error('EOPNOTSUPP')));
    expect(own.left).toEqual([]);
    expect(existsSync(own.path)).toBe(true);
    expect(existsSync(join(dead, '1000-0.jsonl'))).toBe(true);
    expect(reports).toEqual([
      expect.stringContaining('cannot be locked'),
      expect.stringContaining('cannot be taken over'),
    ]);
  });

  it('loses and doubles no file, however processes start, write, end and die', async () => {
    const step = fc.record({ does: fc.constantFrom('start', 'write', 'end', 'die'), who: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const held = new Set<string>();
        const lock: LockFolder = async (path) => {
          if (held.has(path)) return undefined;
          held.add(path);
          return { release: async () => void held.delete(path) };
        };
        const living: SpoolFolder[] = [];
        const written: string[] = [];
        for (const { does, who } of steps) {
          const one = living[who % Math.max(living.length, 1)];
          if (does === 'start') living.push(await claim(lock));
          if (!one) continue;
          if (does === 'write') {
            write(one.path, `7-${written.length}.jsonl`);
            written.push(`7-${written.length}.jsonl`);
          } else if (does !== 'start') {
            living.splice(living.indexOf(one), 1);
            if (does === 'end') await one.leave();
            else held.delete(one.path);
          }
        }
        for (const one of living) await one.leave();
        const last = await claim(lock);
        expect(texts(last).sort()).toEqual(written.sort());
        expect(readdirSync(folder)).toEqual([basename(last.path)]);
        rmSync(last.path, { recursive: true });
      }),
      { numRuns: 40 },
    );
  });
});
