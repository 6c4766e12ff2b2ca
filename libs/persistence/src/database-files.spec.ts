import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ensureDatabaseFiles } from './database-files.js';

const SECONDS = 60_000;

const root = mkdtempSync(join(tmpdir(), 'pllm-files-'));
const folder = join(root, 'database');
afterAll(() => rmSync(root, { recursive: true }));

describe('ensureDatabaseFiles', { timeout: SECONDS }, () => {
  it('makes them once, and begins anew what a dead process began', async () => {
    mkdirSync(`${folder}.new`);
    writeFileSync(join(`${folder}.new`, 'PG_VERSION'), 'torn');
    mkdirSync(folder);
    await ensureDatabaseFiles(folder);
    expect(existsSync(join(folder, 'PG_VERSION'))).toBe(true);
    expect(readdirSync(root)).toEqual(['database']);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const { ino } = statSync(folder);
    await ensureDatabaseFiles(folder);
    expect(statSync(folder).ino).toBe(ino);
  });

  it('leaves what it does not know', async () => {
    const other = join(root, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'letter.txt'), 'Dear all');
    await expect(ensureDatabaseFiles(other)).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    expect(readdirSync(other)).toEqual(['letter.txt']);
  });
});
