import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidEnvironment, readConfig } from './config.js';

describe('readConfig', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).toEqual({
      host: '0.0.0.0',
      port: 8080,
      dataDir: resolve('./data'),
      databaseUrl: undefined,
      masterKey: undefined,
      secretKey: undefined,
      logLevel: 'info',
      bodyLimit: 32 * 1024 * 1024,
      uploadLimit: 100 * 1024 * 1024,
      providerKeys: {},
      corsOrigins: ['*'],
      denyPrivateUpstreams: false,
      drainMs: 30_000,
      requestTimeoutMs: 600_000,
      configFile: { path: resolve('./pllm.yaml'), isNamed: false },
    });
  });

  it('reads what is set, and freezes it', () => {
    const secretKey = randomBytes(32);
    const config = readConfig({
      HOST: '::1',
      PORT: '0',
      PLLM_DATA_DIR: '/tmp/data',
      DATABASE_URL: 'postgres://user@host/db',
      PLLM_MASTER_KEY: 'a-key-of-24-letters-here',
      PLLM_SECRET_KEY: secretKey.toString('base64'),
      PLLM_LOG_LEVEL: 'silent',
      PLLM_BODY_LIMIT_MB: '1',
      PLLM_UPLOAD_LIMIT_MB: '2',
      PLLM_DEFAULT_IMAGE_MODEL: 'my-painter',
      PLLM_PRIVATE_UPSTREAMS: 'deny',
      PLLM_CORS_ORIGINS: 'https://a.example, http://localhost:3000',
      OPENAI_API_KEY: 'sk-openai',
      OPENAI_BASE_URL: 'https://proxy.example/v1/',
      XAI_API_KEY: 'xai-key',
      GROQ_API_KEY: '',
      PLLM_DRAIN_SECONDS: '0',
      PLLM_REQUEST_TIMEOUT_SECONDS: '5',
      PLLM_CONFIG: '/etc/pllm.yaml',
    });
    expect(config).toEqual({
      host: '::1',
      port: 0,
      dataDir: '/tmp/data',
      databaseUrl: 'postgres://user@host/db',
      masterKey: 'a-key-of-24-letters-here',
      secretKey,
      logLevel: 'silent',
      bodyLimit: 1024 * 1024,
      uploadLimit: 2 * 1024 * 1024,
      defaultImageModel: 'my-painter',
      denyPrivateUpstreams: true,
      corsOrigins: ['https://a.example', 'http://localhost:3000'],
      providerKeys: { openai: 'sk-openai', xai: 'xai-key' },
      openaiBaseUrl: 'https://proxy.example/v1',
      drainMs: 0,
      requestTimeoutMs: 5_000,
      configFile: { path: '/etc/pllm.yaml', isNamed: true },
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('knows the variables of its file, and prints none of them', () => {
    const config = readConfig({ TEAM_KEY: 'sk-team', EMPTY: '' });
    expect(config.variables).toEqual({ TEAM_KEY: 'sk-team' });
    expect(JSON.stringify(config)).not.toContain('sk-team');
    expect(Object.keys({ ...config })).not.toContain('variables');
  });

  it.each([
    'HOST',
    'PORT',
    'DATABASE_URL',
    'PLLM_MASTER_KEY',
    'PLLM_SECRET_KEY',
    'PLLM_DRAIN_SECONDS',
    'PLLM_CONFIG',
  ])('takes an empty %s for one that is not set', (name) =>
    expect(readConfig({ [name]: '' })).toEqual(readConfig({})),
  );

  it.each([
    ['PORT', 'eighty'],
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', '80.5'],
    ['DATABASE_URL', 'mysql://user:hunter2@host/db'],
    ['DATABASE_URL', 'host=localhost'],
    ['PLLM_MASTER_KEY', 'sk-too-short'],
    ['PLLM_MASTER_KEY', 'sk-master-1234567890-1234567890'],
    ['PLLM_MASTER_KEY', 'sk-1234567890-1234567890-1234'],
    ['PLLM_MASTER_KEY', 'sk-xxxxxxxxxxxxxxxxxxxxxxxxxx'],
    ['PLLM_MASTER_KEY', 'sk-change-me-please-0123456789'],
    ['PLLM_SECRET_KEY', 'not-base64-at-all'],
    ['PLLM_SECRET_KEY', randomBytes(31).toString('base64')],
    ['PLLM_SECRET_KEY', randomBytes(33).toString('base64')],
    ['PLLM_LOG_LEVEL', 'chatty'],
    ['PLLM_BODY_LIMIT_MB', '0'],
    ['PLLM_BODY_LIMIT_MB', '2048'],
    ['PLLM_BODY_LIMIT_MB', 'lots'],
    ['PLLM_CORS_ORIGINS', 'page.example'],
    ['PLLM_CORS_ORIGINS', 'https://a.example/path'],
    ['PLLM_PRIVATE_UPSTREAMS', 'perhaps'],
    ['OPENAI_API_KEY', 'sk with spaces'],
    ['FIREWORKS_API_KEY', 'fw-line\nbreak'],
    ['OPENAI_BASE_URL', 'localhost:8000/v1'],
    ['OPENAI_BASE_URL', 'https://user:hunter2@host/v1'],
    ['OPENAI_BASE_URL', 'https://host/v1?key=hunter2'],
    ['PLLM_DRAIN_SECONDS', '-1'],
    ['PLLM_DRAIN_SECONDS', '3601'],
    ['PLLM_REQUEST_TIMEOUT_SECONDS', '0'],
    ['PLLM_REQUEST_TIMEOUT_SECONDS', 'soon'],
  ])('refuses %s=%s in one line that names it, not its value', (name, value) => {
    const refuse = () => readConfig({ [name]: value });
    expect(refuse).toThrow(InvalidEnvironment);
    try {
      refuse();
    } catch (error) {
      const { message } = error as Error;
      expect(message).toMatch(new RegExp(`^${name}: [^\\n]{5,}$`));
      if (value.length > 2) expect(message).not.toContain(value);
    }
  });
});
