import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PREVIOUS_SECRET_KEY_FILE, SECRET_KEY_FILE } from './generated-secrets.js';

/**
 * Puts another key in the place of `secret.key`, and the one before beside it: whatever of the two the database's keys
 * are wrapped under when the power goes, the next start opens them.
 *
 * @returns 32 bytes
 */
export function replaceSecretKey(dataDir: string, before: Buffer): Buffer {
  const next = randomBytes(32);
  writeWhole(dataDir, PREVIOUS_SECRET_KEY_FILE, before);
  writeWhole(dataDir, SECRET_KEY_FILE, next);
  return next;
}

/** Nothing is wrapped under it any more. */
export function forgetPreviousSecretKey(dataDir: string): void {
  rmSync(join(dataDir, PREVIOUS_SECRET_KEY_FILE), { force: true });
}

/** Whole or not at all, and on the disk before anything that comes after it. */
function writeWhole(dataDir: string, name: string, key: Buffer): void {
  const draft = join(dataDir, `${name}.${process.pid}`);
  try {
    writeFileSync(draft, `${key.toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(draft, join(dataDir, name));
  } finally {
    rmSync(draft, { force: true });
  }
  const folder = openSync(dataDir, 'r');
  fsyncSync(folder);
  closeSync(folder);
}
