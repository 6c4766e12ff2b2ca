import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fingerprint } from './fingerprint.js';

const NAME = 'applied-configuration.json';

/** The fingerprint of the file that a gateway on this data directory applied last; undefined: none is known. */
export function readApplied(dataDir: string): Fingerprint | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(dataDir, NAME), 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Fingerprint) : undefined;
  } catch {
    return undefined;
  }
}

/** Whole or not at all. */
export function keepApplied(dataDir: string, applied: Fingerprint): void {
  const draft = join(dataDir, `${NAME}.${process.pid}`);
  try {
    writeFileSync(draft, JSON.stringify(applied), { mode: 0o600 });
    renameSync(draft, join(dataDir, NAME));
  } finally {
    rmSync(draft, { force: true });
  }
}
