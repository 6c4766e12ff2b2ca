import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from './config.js';
import { InvalidEnvironment, SECRETS_IN_FILES } from './environment.js';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'pllm-files-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, `secret-${Math.random().toString(36).slice(2)}`);
  writeFileSync(path, text);
  return path;
}

describe('a secret in a file', () => {
  it('is read, without the line break at its end', () => {
    const config = readConfig({
      DATABASE_URL_FILE: file('postgresql://pllm:hunter2@host/pllm\n'),
      PLLM_MASTER_KEY_FILE: file('a-key-of-24-letters-here\r\n'),
      OPENAI_API_KEY_FILE: file('sk-openai'),
    });
    expect(config).toMatchObject({
      databaseUrl: 'postgresql://pllm:hunter2@host/pllm',
      masterKey: 'a-key-of-24-letters-here',
      providerKeys: { openai: 'sk-openai' },
    });
  });

  it.each(SECRETS_IN_FILES)('may be %s', (name) => {
    expect(() => readConfig({ [`${name}_FILE`]: join(folder, 'nowhere') })).toThrow(
      `${name}_FILE: cannot be read (ENOENT)`,
    );
  });

  it('stands behind the variable itself, and is then not opened', () => {
    const given = { PLLM_MASTER_KEY: 'a-key-of-24-letters-here' };
    const config = readConfig({ ...given, PLLM_MASTER_KEY_FILE: join(folder, 'nowhere') });
    expect(config.masterKey).toBe(given.PLLM_MASTER_KEY);
  });

  it('is not looked for where the path is empty', () => {
    expect(readConfig({ DATABASE_URL: '', DATABASE_URL_FILE: '' })).toEqual(readConfig({}));
  });

  it.each(['', '\n', ' '])('is refused when its file holds %j', (text) => {
    const refuse = () => readConfig({ PLLM_SECRET_KEY_FILE: file(text) });
    expect(refuse).toThrow(InvalidEnvironment);
    expect(refuse).toThrow('PLLM_SECRET_KEY_FILE: is a file without a secret in it');
  });

  it('is checked as the variable is', () => {
    const path = file('mysql://user:hunter2@host/db');
    expect(() => readConfig({ DATABASE_URL_FILE: path })).toThrow(/^DATABASE_URL: must be/);
  });
});
