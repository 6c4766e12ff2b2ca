import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from './config.js';
import { InvalidEnvironment } from './environment.js';
import { resolveSecrets } from './generated-secrets.js';

let parent: string;
let dataDir: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'pllm-secrets-'));
  dataDir = join(parent, 'data');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const config = (extra: Record<string, string> = {}) => readConfig({ PLLM_DATA_DIR: dataDir, ...extra });

describe('resolveSecrets', () => {
  it('makes both at the first boot, for the owner alone', () => {
    const secrets = resolveSecrets(config());
    expect(secrets.masterKey).toMatch(/^sk-pllm-[\w-]{32}$/);
    expect(secrets.masterKeyIsNew).toBe(true);
    expect(secrets.secretKey).toHaveLength(32);
    expect(readdirSync(dataDir).sort()).toEqual(['master.key', 'secret.key']);
    for (const name of readdirSync(dataDir)) expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  it('finds them again, and shows nothing twice', () => {
    const first = resolveSecrets(config());
    expect(resolveSecrets(config())).toEqual({ ...first, masterKeyIsNew: false });
  });

  it('makes others elsewhere', () => {
    const first = resolveSecrets(config());
    const other = resolveSecrets(config({ PLLM_DATA_DIR: join(parent, 'other') }));
    expect(other.masterKey).not.toBe(first.masterKey);
    expect(other.secretKey.equals(first.secretKey)).toBe(false);
  });

  it('takes what is given, and writes nothing', () => {
    const bytes = randomBytes(32);
    const PLLM_SECRET_KEY = bytes.toString('base64');
    const given = resolveSecrets(config({ PLLM_MASTER_KEY: 'a-key-of-24-letters-here', PLLM_SECRET_KEY }));
    expect(given).toEqual({
      masterKey: 'a-key-of-24-letters-here',
      masterKeyIsNew: false,
      secretKey: bytes,
      previousSecretKey: undefined,
    });
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('keeps what an operator put there', () => {
    resolveSecrets(config());
    writeFileSync(join(dataDir, 'master.key'), 'mine-by-choice-0123456789\n');
    expect(resolveSecrets(config()).masterKey).toBe('mine-by-choice-0123456789');
    expect(readFileSync(join(dataDir, 'master.key'), 'utf8')).toBe('mine-by-choice-0123456789\n');
  });

  it.each([
    ['master.key', ''],
    ['master.key', ' \n'],
    ['master.key', 'short'],
    ['master.key', 'sk-example-0123456789-0123456789'],
    ['secret.key', ''],
    ['secret.key', 'AAAA'],
    ['secret.key', Buffer.alloc(32).toString('base64')],
  ])('refuses a %s of %j, names it, and leaves it as it is', (name, text) => {
    resolveSecrets(config());
    const path = join(dataDir, name);
    writeFileSync(path, text);
    expect(() => resolveSecrets(config())).toThrow(InvalidEnvironment);
    expect(() => resolveSecrets(config())).toThrow(path);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});
