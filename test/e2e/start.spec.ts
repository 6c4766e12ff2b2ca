import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModulesContainer } from '@nestjs/core';
import { Scope } from '@nestjs/common';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { startBench } from '../support/gateway.js';
import { createDatabase } from '../support/postgres-server.js';

const postgresUrl = inject('postgresUrl');

/** What a shell prints for a line that was copied from the banner. */
function paste(
  line: string,
  env: Record<string, string> = {},
): Promise<{ code: number | null; out: string }> {
  return new Promise((resolve) => {
    const shell = spawn('bash', ['-c', line], { env: { PATH: process.env.PATH, ...env } });
    let out = '';
    shell.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    shell.on('close', (code) => resolve({ code, out }));
  });
}

describe('the first start, and those after it', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'pllm-start-'));
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  const environment = async () => ({
    PLLM_DATA_DIR: dataDir,
    DATABASE_URL: postgresUrl && (await createDatabase({ url: postgresUrl })),
  });

  it('tells all that is needed for a first call, and the master key once', { timeout: 60_000 }, async () => {
    const env = await environment();
    const first = await GatewayProcess.start(env);
    const key = readFileSync(join(dataDir, 'master.key'), 'utf8').trim();
    expect(first.stdout.split('\n')).toHaveLength(6);
    expect(first.banner).toHaveLength(5);
    expect(first.banner?.[0]).toBe(`PLLM listens on ${first.url}`);
    expect(first.banner?.[2]).toMatch(/^Master key, shown this once .*: sk-pllm-[\w-]{32}$/);
    expect(first.banner?.slice(0, 4).join('\n').split(key)).toHaveLength(2);
    expect(first.stderr).toBe('');
    for (const name of ['master.key', 'secret.key']) {
      expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600);
    }
    await expectAnswer(first, key);

    first.signal('SIGTERM');
    expect(await first.ended()).toEqual({ code: 0, signal: null });
    const second = await GatewayProcess.start(env);
    expect(second.banner).toHaveLength(4);
    expect(second.stdout).not.toContain(key);
    await expectAnswer(second, key);
    if (!postgresUrl) await expectDemoToGo(second, key);
    await second.stop();
  });

  async function expectAnswer(gateway: GatewayProcess, key: string): Promise<void> {
    const { code, out } = await paste(gateway.curl);
    expect(code).toBe(0);
    const answer = JSON.parse(out);
    // On Postgres there is no demo: the printed call lists the models, of which there are none yet.
    if (postgresUrl) return expect(answer).toEqual({ object: 'list', data: [] });
    expect(answer).toMatchObject({ object: 'chat.completion', model: 'sandbox' });
    expect(answer.choices[0].message.content).toContain('Hello!');
    const models = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect(await models.json()).toMatchObject({ data: [{ id: 'sandbox' }] });
  }

  async function expectDemoToGo(gateway: GatewayProcess, key: string): Promise<void> {
    const sandbox = await startSandbox();
    const provider = { name: 'mine', type: 'sandbox', base_url: sandbox.url };
    await gateway.admin('POST', '/providers', provider, key);
    const models = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect(await models.json()).toEqual({ object: 'list', data: [] });
    const { out } = await paste(gateway.curl);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'model_not_found' } });
    await sandbox.close();
  }
});

describe('the parts of the app', () => {
  it('are made once, never for a request', async () => {
    const bench = await startBench();
    // What Nest and Terminus bring along and nobody here injects.
    const modules = [...bench.gateway.app.get(ModulesContainer).values()].filter(
      ({ name }) => name !== 'InternalCoreModule' && name !== 'TerminusModule',
    );
    const parts = modules.flatMap((module) => [
      ...module.providers.values(),
      ...module.controllers.values(),
      ...module.injectables.values(),
    ]);
    expect(parts.length).toBeGreaterThan(30);
    const perRequest = parts.filter(
      (part) => (part.scope ?? Scope.DEFAULT) !== Scope.DEFAULT || !part.isDependencyTreeStatic(),
    );
    expect(perRequest.map((part) => part.name)).toEqual([]);
    await bench.close();
  });
});
