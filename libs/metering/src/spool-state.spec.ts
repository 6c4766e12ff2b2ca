import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSpoolState } from './spool-state.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'pllm-spool-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('says how much waits, and since when', async () => {
  expect(await readSpoolState(folder)).toEqual({ files: 0, bytes: 0, oldestAt: undefined });
  writeFileSync(join(folder, '2000-17-0.jsonl'), '12345');
  mkdirSync(join(folder, '18-aBcDeF'));
  writeFileSync(join(folder, '18-aBcDeF', '1000-0.jsonl'), '1234567');
  writeFileSync(join(folder, '18-aBcDeF', 'lock.sock'), '');
  writeFileSync(join(folder, 'something-else'), 'x');
  expect(await readSpoolState(folder)).toEqual({ files: 2, bytes: 12, oldestAt: 1_000 });
});
