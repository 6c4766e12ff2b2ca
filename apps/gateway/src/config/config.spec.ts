import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from './config.js';
import { InvalidEnvironment, VARIABLES } from './environment.js';

describe('readConfig', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).toEqual({
      host: '0.0.0.0',
      port: 8080,
      dataDir: resolve('./data'),
      databaseUrl: undefined,
      databaseWaitMs: 60_000,
      redisUrl: undefined,
      masterKey: undefined,
      secretKey: undefined,
      logLevel: 'info',
      metricsPort: 9464,
      isMetricsPortGiven: false,
      bodyLimit: 32 * 1024 * 1024,
      uploadLimit: 100 * 1024 * 1024,
      providerKeys: {},
      corsOrigins: ['*'],
      trustedProxies: [],
      denyPrivateUpstreams: false,
      drainDelayMs: 0,
      drainMs: 30_000,
      requestTimeoutMs: 600_000,
      streamHoldMs: 15_000,
      mostInFlight: 10_000,
      workers: 1,
      given: [],
      configFile: { path: resolve('./pllm.yaml'), isNamed: false },
    });
  });

  it('reads what is set, and freezes it', () => {
    const secretKey = randomBytes(32);
    const previousSecretKey = randomBytes(32);
    const config = readConfig({
      HOST: '::1',
      PORT: '0',
      PLLM_DATA_DIR: '/tmp/data',
      DATABASE_URL: 'postgres://user@host/db',
      PLLM_DATABASE_WAIT_SECONDS: '3',
      REDIS_URL: 'rediss://user:pass@host/2',
      PLLM_MASTER_KEY: 'a-key-of-24-letters-here',
      PLLM_SECRET_KEY: secretKey.toString('base64'),
      PLLM_SECRET_KEY_PREVIOUS: previousSecretKey.toString('base64'),
      PLLM_LOG_LEVEL: 'silent',
      PLLM_METRICS_PORT: '9000',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20abc==,x-team=a%b',
      PLLM_BODY_LIMIT_MB: '1',
      PLLM_UPLOAD_LIMIT_MB: '2',
      PLLM_DEFAULT_IMAGE_MODEL: 'my-painter',
      PLLM_PRIVATE_UPSTREAMS: 'deny',
      PLLM_TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      PLLM_CORS_ORIGINS: 'https://a.example, http://localhost:3000',
      OPENAI_API_KEY: 'sk-openai',
      OPENAI_BASE_URL: 'https://proxy.example/v1/',
      XAI_API_KEY: 'xai-key',
      ANTHROPIC_API_KEY: 'sk-ant-key',
      GEMINI_API_KEY: 'AIza-key',
      GROQ_API_KEY: '',
      PLLM_DRAIN_DELAY_SECONDS: '7',
      PLLM_DRAIN_SECONDS: '0',
      PLLM_USAGE_RETENTION_DAYS: '90',
      PLLM_REQUEST_TIMEOUT_SECONDS: '5',
      PLLM_CONFIG: '/etc/pllm.yaml',
      PLLM_WORKERS: '4',
    });
    expect(config).toEqual({
      host: '::1',
      port: 0,
      dataDir: '/tmp/data',
      databaseUrl: 'postgres://user@host/db',
      databaseWaitMs: 3_000,
      redisUrl: 'rediss://user:pass@host/2',
      masterKey: 'a-key-of-24-letters-here',
      secretKey,
      previousSecretKey,
      logLevel: 'silent',
      metricsPort: 9000,
      isMetricsPortGiven: true,
      traces: {
        endpoint: 'http://collector:4318',
        headers: { authorization: 'Basic abc==', 'x-team': 'a%b' },
        serviceName: 'pllm',
      },
      bodyLimit: 1024 * 1024,
      uploadLimit: 2 * 1024 * 1024,
      defaultImageModel: 'my-painter',
      denyPrivateUpstreams: true,
      trustedProxies: ['10.0.0.0/8', '::1'],
      corsOrigins: ['https://a.example', 'http://localhost:3000'],
      providerKeys: { openai: 'sk-openai', anthropic: 'sk-ant-key', gemini: 'AIza-key', xai: 'xai-key' },
      openaiBaseUrl: 'https://proxy.example/v1',
      drainDelayMs: 7_000,
      drainMs: 0,
      usageRetentionMs: 90 * 86_400_000,
      requestTimeoutMs: 5_000,
      streamHoldMs: 15_000,
      mostInFlight: 10_000,
      workers: 4,
      given: expect.any(Array),
      configFile: { path: '/etc/pllm.yaml', isNamed: true },
    });
    expect(config.given).toContain('OPENAI_API_KEY');
    expect(config.given).not.toContain('GROQ_API_KEY');
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('waits for balancers before it stops, where there may be some', () => {
    const DATABASE_URL = 'postgres://user@host/db';
    expect(readConfig({ DATABASE_URL }).drainDelayMs).toBe(5_000);
    expect(readConfig({ DATABASE_URL, PLLM_DRAIN_DELAY_SECONDS: '0' }).drainDelayMs).toBe(0);
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

  it.each(['off', '0', '00'])('shows no metrics where their port is %s', (port) => {
    expect(readConfig({ PLLM_METRICS_PORT: port }).metricsPort).toBeUndefined();
  });

  it.each([
    ['PORT', 'eighty'],
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', '80.5'],
    ['DATABASE_URL', 'mysql://user:hunter2@host/db'],
    ['DATABASE_URL', 'host=localhost'],
    ['REDIS_URL', 'localhost:6379'],
    ['REDIS_URL', 'http://user:hunter2@host'],
    ['PLLM_DATABASE_WAIT_SECONDS', '-1'],
    ['PLLM_DRAIN_DELAY_SECONDS', '601'],
    ['PLLM_MASTER_KEY', 'sk-too-short'],
    ['PLLM_MASTER_KEY', 'sk-master-1234567890-1234567890'],
    ['PLLM_MASTER_KEY', 'sk-1234567890-1234567890-1234'],
    ['PLLM_MASTER_KEY', 'sk-xxxxxxxxxxxxxxxxxxxxxxxxxx'],
    ['PLLM_MASTER_KEY', 'sk-change-me-please-0123456789'],
    ['PLLM_MASTER_KEY', 'your-master-key-goes-here-please'],
    ['PLLM_MASTER_KEY', 'changeme-changeme-changeme'],
    ['PLLM_MASTER_KEY', 'password-password-password'],
    ['PLLM_MASTER_KEY', '<your master key of 24 letters>'],
    ['PLLM_MASTER_KEY', ' '.repeat(30)],
    ['PLLM_MASTER_KEY', 'k'.repeat(30)],
    ['PLLM_MASTER_KEY', ' k3y-with-a-space-at-its-front'],
    ['PLLM_MASTER_KEY', 'schlüssel-mit-umlaut-0123456789'],
    ['PLLM_MASTER_KEY', 'a-key-of-two-lines-01234\n56789'],
    ['PLLM_SECRET_KEY', Buffer.alloc(32).toString('base64')],
    ['PLLM_SECRET_KEY', Buffer.from('abab'.repeat(8)).toString('base64')],
    ['OPENAI_API_KEY', 'sk-...'],
    ['OPENAI_API_KEY', 'sk-your-openai-key'],
    ['MISTRAL_API_KEY', 'YOUR_MISTRAL_KEY'],
    ['GROQ_API_KEY', 'changeme'],
    ['PLLM_SECRET_KEY', 'not-base64-at-all'],
    ['PLLM_SECRET_KEY_PREVIOUS', 'not-base64-at-all'],
    ['PLLM_SECRET_KEY_PREVIOUS', Buffer.alloc(32).toString('base64')],
    ['PLLM_SECRET_KEY', randomBytes(31).toString('base64')],
    ['PLLM_SECRET_KEY', randomBytes(33).toString('base64')],
    ['PLLM_LOG_LEVEL', 'chatty'],
    ['PLLM_METRICS_PORT', '65536'],
    ['PLLM_METRICS_PORT', 'on'],
    ['PLLM_METRICS_PORT', '-1'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:hunter2@collector'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'Bearer hunter2'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer hunter2'],
    ['PLLM_BODY_LIMIT_MB', '0'],
    ['PLLM_BODY_LIMIT_MB', '2048'],
    ['PLLM_BODY_LIMIT_MB', 'lots'],
    ['PLLM_CORS_ORIGINS', 'page.example'],
    ['PLLM_CORS_ORIGINS', 'https://a.example/path'],
    ['PLLM_PRIVATE_UPSTREAMS', 'perhaps'],
    ['PLLM_TRUSTED_PROXIES', 'loopback'],
    ['PLLM_TRUSTED_PROXIES', '10.0.0.0/8,, 10.0.0.1'],
    ['PLLM_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['PLLM_TRUSTED_PROXIES', '0.0.0.0/0'],
    ['PLLM_TRUSTED_PROXIES', '10.0.0.1, ::ffff:0:0/96'],
    ['OPENAI_API_KEY', 'sk with spaces'],
    ['FIREWORKS_API_KEY', 'fw-line\nbreak'],
    ['OPENAI_BASE_URL', 'localhost:8000/v1'],
    ['OPENAI_BASE_URL', 'https://user:hunter2@host/v1'],
    ['OPENAI_BASE_URL', 'https://host/v1?key=hunter2'],
    ['PLLM_DRAIN_SECONDS', '-1'],
    ['PLLM_DRAIN_SECONDS', '3601'],
    ['PLLM_USAGE_RETENTION_DAYS', '0'],
    ['PLLM_USAGE_RETENTION_DAYS', '1.5'],
    ['PLLM_REQUEST_TIMEOUT_SECONDS', '0'],
    ['PLLM_REQUEST_TIMEOUT_SECONDS', 'soon'],
    ['PLLM_WORKERS', '0'],
    ['PLLM_WORKERS', '65'],
    ['PLLM_WORKERS', 'cores'],
    ['PLLM_WORKERS', '2'],
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

  it('says what several workers need', () => {
    expect(() => readConfig({ PLLM_WORKERS: '2' })).toThrow(/DATABASE_URL/);
    expect(readConfig({ PLLM_WORKERS: '1' }).workers).toBe(1);
    expect(readConfig({ PLLM_WORKERS: '2', DATABASE_URL: 'postgres://user@host/db' }).workers).toBe(2);
  });

  it.each(VARIABLES)('has %s in its documentation', (name) => {
    expect(readFileSync('docs/configuration.md', 'utf8')).toContain(`\`${name}\``);
  });
});
