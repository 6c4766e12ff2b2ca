import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { MASTER_KEY } from '../support/gateway.js';
import { createDatabase } from '../support/postgres-server.js';
import { until } from '../support/until.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const MAIN = join(ROOT, 'dist', 'apps', 'gateway', 'src', 'main.js');
const SECRET = 'sk-declared-secret-5150';
const postgresUrl = inject('postgresUrl');

const folder = mkdtempSync(join(tmpdir(), 'pllm-commands-'));
const dataDir = join(folder, 'data');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(args: string[], env: Record<string, string> = {}): Promise<Run> {
  return new Promise((resolve) => {
    const { PATH } = process.env;
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      env: { PATH, PLLM_DATA_DIR: dataDir, ...env },
    });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/** A migrated embedded database: to make one takes seconds, and is asked elsewhere. */
const giveDatabase = (directory: string): void =>
  cpSync(join(inject('embeddedTemplate'), 'database'), join(directory, 'database'), { recursive: true });

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const GOOD = `providers:
  - name: mine
    type: sandbox
    base_url: \${MINE_URL}
    api_key: \${MINE_KEY}
prices:
  - {type: sandbox, model: priced, per_request: '0.001'}
models:
  - id: my-gpt-4
    targets: [{provider: mine, model: x}]
`;
const VARIABLES = { MINE_URL: 'http://localhost:1', MINE_KEY: SECRET };

/** At once: most of their time a program is read. */
describe.concurrent('--check', () => {
  it('says what a first file would bring, and leaves nothing behind', async () => {
    write('pllm.yaml', GOOD);
    const { code, out, err } = await run(['--check'], VARIABLES);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')).toEqual([
      'pllm.yaml is valid (providers: 1, models: 1, prices: 1, teams: 0).',
      expect.stringMatching(/^No gateway on .*data has applied a file yet\.$/),
      '+ provider mine',
      '+ model my-gpt-4',
      '+ price sandbox/priced',
      '',
    ]);
    expect(existsSync(dataDir)).toBe(false);
  });

  it('tells every fault with its place', async () => {
    write('broken.yaml', `${GOOD}    fallback: x\n  - id: my-gpt-4\n`);
    const { code, out, err } = await run(['--check', 'broken.yaml'], { MINE_KEY: SECRET });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.split('\n')).toEqual([
      'pllm: the configuration file is not valid',
      'broken.yaml:4:15: providers[0].base_url: the variable MINE_URL is not set',
      'broken.yaml:11:5: models[0].fallback: is not a field that is known here',
      'broken.yaml:12:5: models[1].targets: is missing',
      'broken.yaml:12:9: models[1].id: is taken: see line 9',
      '',
    ]);
    expect(err).not.toContain(SECRET);
  });

  it('tells of fallbacks that only the database can know', async () => {
    write('fallbacks.yaml', `${GOOD}    fallbacks: [stored, openai/gpt-4o]\n`);
    const { code, out } = await run(['--check', 'fallbacks.yaml'], { ...VARIABLES, OPENAI_API_KEY: 'sk-1' });
    expect([code, out.split('\n')[1]]).toEqual([
      0,
      'fallbacks.yaml:11:17: models[0].fallbacks[0]: must be a model of the database: there is none of that name here',
    ]);
    expect(out).not.toContain('fallbacks[1]');
  });

  it.each([
    [
      ['--check', 'nothing.yaml'],
      /^pllm: the configuration file is not valid\nnothing\.yaml: there is no such file\n$/,
    ],
    [['--chekc'], /^pllm: Unknown option '--chekc'.*\nusage: /],
    [['check'], /^pllm: 'check' is not known here\nusage: /],
    [['--check', 'a', 'b'], /^pllm: one file, and one command at a time\nusage: /],
    [['--import-litellm'], /^pllm: --import-litellm needs a file\nusage: /],
  ])('%j is refused', async (args, message) => {
    const { code, out, err } = await run(args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(message);
  });
});

describe('a gateway with a file', () => {
  it('does not start with a broken one', async () => {
    const gateway = GatewayProcess.launch({
      PLLM_DATA_DIR: join(folder, 'other'),
      PLLM_CONFIG: join(folder, 'broken.yaml'),
      MINE_KEY: SECRET,
    });
    const missing = GatewayProcess.launch({
      PLLM_DATA_DIR: join(folder, 'other'),
      PLLM_CONFIG: join(folder, 'missing.yaml'),
    });
    expect(await gateway.ended()).toEqual({ code: 1, signal: null });
    expect(gateway.stderr).toMatch(/^pllm: the configuration file is not valid\n.*broken\.yaml:4:15: /);
    expect(gateway.stderr.trim().split('\n')).toHaveLength(5);
    expect(await missing.ended()).toEqual({ code: 1, signal: null });
    // Nothing was begun.
    expect(existsSync(join(folder, 'other'))).toBe(false);
    expect(missing.stderr).toMatch(/missing\.yaml: there is no such file\n$/);
  });

  it('does not start with one that falls back to nobody', async () => {
    write('nobody.yaml', `${GOOD}    fallbacks: [nobody]\n`);
    giveDatabase(join(folder, 'nobody'));
    const gateway = GatewayProcess.launch({
      PLLM_DATA_DIR: join(folder, 'nobody'),
      PLLM_CONFIG: join(folder, 'nobody.yaml'),
      PLLM_MASTER_KEY: MASTER_KEY,
      ...VARIABLES,
    });
    expect(await gateway.ended()).toEqual({ code: 1, signal: null });
    expect(gateway.stderr).toMatch(
      /^pllm: the configuration file is not valid\n.*nobody\.yaml:11:17: models\[0\]\.fallbacks\[0\]: there is no model of that name\n$/,
    );
  });

  it('follows it, at SIGHUP too, and --check tells what would change', { timeout: 90_000 }, async () => {
    const sandbox = await startSandbox();
    if (!postgresUrl) giveDatabase(dataDir);
    const variables = { MINE_URL: sandbox.url, MINE_KEY: SECRET };
    const gateway = await GatewayProcess.start({
      PLLM_DATA_DIR: dataDir,
      DATABASE_URL: postgresUrl && (await createDatabase({ url: postgresUrl })),
      PLLM_MASTER_KEY: MASTER_KEY,
      PLLM_LOG_LEVEL: 'info',
      PLLM_CONFIG: join(folder, 'pllm.yaml'),
      ...variables,
    });
    // The banner knows the declared model: there is no demo.
    expect(gateway.curl).toContain('my-gpt-4');
    expect(gateway.stdout).not.toContain('demo');
    expect((await run(['--check'], variables)).out).toContain('Nothing would change.');
    expect(statSync(join(dataDir, 'applied-configuration.json')).mode & 0o777).toBe(0o600);

    const next = GOOD.replace('model: x', 'model: y').replace(
      'api_key: ${MINE_KEY}',
      'api_key: sk-other-5151',
    );
    const routed = next.replace("'0.001'", "'0.002'");
    write(
      'next.yaml',
      `${routed}    strategy: weighted\n  - {id: new, targets: [{provider: mine, model: z}]}\n`,
    );
    const { out } = await run(['--check', 'next.yaml'], variables);
    expect(out.split('\n').slice(1)).toEqual([
      '+ model new',
      '~ provider mine: api_key',
      '~ model my-gpt-4: strategy, targets',
      '~ price sandbox/priced: per_request',
      '',
    ]);

    write('pllm.yaml', readFileSync(join(folder, 'next.yaml'), 'utf8'));
    gateway.signal('SIGHUP');
    await until(async () => (await gateway.admin('GET', '/system')).configuration.models === 2, 10_000);
    write('pllm.yaml', 'models: [');
    gateway.signal('SIGHUP');
    await until(() => gateway.stdout.includes('"event":"configuration_refused"'), 10_000);
    expect(gateway.stdout).toContain('"added":["model new"]');
    gateway.signal('SIGTERM');
    expect(await gateway.ended()).toEqual({ code: 0, signal: null });
    const told =
      gateway.stdout + gateway.stderr + readFileSync(join(dataDir, 'applied-configuration.json'), 'utf8');
    expect(told).not.toMatch(/declared-secret|other-5151/);
    await sandbox.close();
  });
});

it('--import-litellm writes a file that --check finds good', { timeout: 60_000 }, async () => {
  write(
    'litellm.yaml',
    'model_list:\n  - model_name: gpt-4o\n    litellm_params: {model: openai/gpt-4o, api_key: os.environ/MY_KEY}\n',
  );
  const { code, out, err } = await run(['--import-litellm', 'litellm.yaml']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  write('made.yaml', out);
  const checked = await run(['--check', 'made.yaml'], { MY_KEY: 'sk-1' });
  expect(checked).toMatchObject({
    code: 0,
    out: expect.stringContaining('(providers: 1, models: 1, prices: 0, teams: 0)'),
  });
});

describe('--reconcile', () => {
  it('tells whether what was added up is what the records say', async () => {
    const url = postgresUrl && (await createDatabase({ url: postgresUrl }));
    const { code, out, err } = await run(['--reconcile', '--repair'], url ? { DATABASE_URL: url } : {});
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({
      object: 'budget.reconciliation',
      differences: [],
      repaired: true,
    });
  });

  it.concurrent.each([[['--repair']], [['--reconcile', '--release-withheld']], [['--reconcile', 'file']]])(
    'does not take %o',
    async (args) => expect((await run(args)).code).toBe(1),
  );
});
