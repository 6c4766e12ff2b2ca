import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from './config.js';
import { resolveSecrets } from './generated-secrets.js';
import { forgetPreviousSecretKey, replaceSecretKey } from './replace-secret-key.js';

let dataDir: string;
beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'pllm-replace-'))));
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const resolve = (extra: Record<string, string> = {}) =>
  resolveSecrets(readConfig({ PLLM_DATA_DIR: dataDir, ...extra }));

describe('replaceSecretKey', () => {
  it('keeps the one before beside it, for the owner alone, until it is forgotten', () => {
    const before = resolve();
    const secretKey = replaceSecretKey(dataDir, before.secretKey);
    expect(secretKey.equals(before.secretKey)).toBe(false);
    expect(resolve()).toEqual({
      ...before,
      masterKeyIsNew: false,
      secretKey,
      previousSecretKey: before.secretKey,
    });
    expect(readdirSync(dataDir).sort()).toEqual(['master.key', 'secret.key', 'secret.key.previous']);
    for (const name of readdirSync(dataDir)) expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600);
    forgetPreviousSecretKey(dataDir);
    forgetPreviousSecretKey(dataDir);
    expect(resolve()).toMatchObject({ secretKey, previousSecretKey: undefined });
  });

  it('does not stand beside a key that is given', () => {
    const { secretKey } = resolve();
    replaceSecretKey(dataDir, secretKey);
    const given = { PLLM_SECRET_KEY: secretKey.toString('base64') };
    expect(resolve(given)).toMatchObject({ secretKey, previousSecretKey: undefined });
    expect(resolve({ ...given, PLLM_SECRET_KEY_PREVIOUS: given.PLLM_SECRET_KEY })).toMatchObject({
      previousSecretKey: secretKey,
    });
  });
});
