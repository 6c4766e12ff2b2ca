import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { readConfig } from '../config/config.js';
import { describeSettings } from './settings.js';

const find = (env: Record<string, string>, name: string) =>
  describeSettings(readConfig(env)).find((setting) => setting.name === name);

it('tells where each setting comes from', () => {
  expect(find({}, 'PORT')).toEqual({ name: 'PORT', source: 'default', value: 8080 });
  expect(find({ PORT: '9' }, 'PORT')).toEqual({ name: 'PORT', source: 'environment', value: 9 });
  expect(find({}, 'PLLM_MASTER_KEY')).toMatchObject({ source: 'data_dir', value: null });
  expect(find({}, 'REDIS_URL')).toMatchObject({ source: 'default', value: null });
});

it('shows no secret, and nothing that may hold one', () => {
  const env = {
    DATABASE_URL: 'postgresql://user:hunter2@db.example/pllm',
    REDIS_URL: 'redis://:hunter2@redis.example',
    PLLM_MASTER_KEY: 'hunter2-hunter2-hunter2-hunter2',
    PLLM_SECRET_KEY: randomBytes(32).toString('base64'),
    OPENAI_API_KEY: 'sk-hunter2',
  };
  for (const name of Object.keys(env)) {
    expect(find(env, name)).toEqual({ name, source: 'environment', value: null });
  }
});
