import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelRegistry } from '../../apps/gateway/src/models/model-registry.js';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { databaseText, spellingsOf } from '../support/database-text.js';
import { badRequest, expectError } from '../support/expect-error.js';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { recordOf } from '../support/records.js';
import { until } from '../support/until.js';

const SECRET = 'sk-declared-secret-5150';
const HEADER = 'tenant-secret-5150';
const DECLARED = { status: 409, type: 'invalid_request_error', code: 'declared_in_file', param: null };
const NOT_FOUND = { status: 404, type: 'invalid_request_error', code: 'model_not_found' };

const folder = mkdtempSync(join(tmpdir(), 'pllm-file-'));
const file = join(folder, 'pllm.yaml');
let bench: TestBench;
let mine: Sandbox;
let key: string;

const PROVIDER = `
providers:
  - name: mine
    type: sandbox
    base_url: \${MINE_URL}
    api_key: \${MINE_KEY}
    headers:
      x-tenant: \${MINE_TENANT}
    timeouts: {first_byte_ms: 30000}
`;
const model = (id: string, script = 'declared', provider = 'mine'): string =>
  `  - id: ${id}\n    targets: [{provider: ${provider}, model: ${script}}]\n`;
const declare = (...models: string[]): string => `${PROVIDER}models:\n${models.join('')}`;

/** As an editor does it: another file in its place. */
function write(text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

beforeAll(async () => {
  mine = await startSandbox({ keepBodies: true });
  write(declare(model('my-gpt-4')));
  bench = await startBench({
    PLLM_CONFIG: file,
    MINE_URL: mine.url,
    MINE_KEY: SECRET,
    MINE_TENANT: HEADER,
  });
  key = await bench.addKey();
});
afterAll(async () => {
  await bench.close();
  await mine.close();
  rmSync(folder, { recursive: true });
});

const ask = (method: string, path: string, body?: unknown): Promise<Answer> =>
  bench.request(method, `/v1/admin${path}`, body, { authorization: `Bearer ${MASTER_KEY}` });
const chat = (id: string): Promise<Answer> =>
  bench.request(
    'POST',
    '/v1/chat/completions',
    { model: id, messages: [{ role: 'user', content: 'Hello!' }] },
    { authorization: `Bearer ${key}` },
  );
const configuration = async () => (await bench.admin('GET', '/system')).configuration;
const reload = (): Promise<Answer> => ask('POST', '/system/reload');

describe('a model that a file declares', () => {
  it('answers, and its calls are recorded like any other’s', async () => {
    const answer = await chat('my-gpt-4');
    expect([answer.status, answer.json.model]).toEqual([200, 'my-gpt-4']);
    expect(mine.ledger.requests.at(-1)).toMatchObject({
      model: 'declared',
      headers: { authorization: `Bearer ${SECRET}`, 'x-tenant': HEADER },
    });
    const record = await recordOf(bench, answer.headers.get('x-request-id') ?? '');
    expect(record).toMatchObject({ model: 'my-gpt-4', provider: 'mine', status: 'ok' });
    const list = await bench.request('GET', '/v1/models', undefined, { authorization: `Bearer ${key}` });
    expect(list.json.data).toMatchObject([{ id: 'my-gpt-4', owned_by: 'sandbox' }]);
  });

  it('stands in the admin API, with where it comes from, before what the API made', async () => {
    const { data: providers } = await bench.admin('GET', '/providers');
    expect(providers).toMatchObject([
      {
        id: 'file:mine',
        name: 'mine',
        source: 'file',
        credential: { set: true, last4: '5150' },
        headers: { 'x-tenant': '[secret]' },
        timeouts: { first_byte_ms: 30_000 },
      },
      { name: 'upstream', source: 'api' },
    ]);
    expect(await bench.admin('GET', '/providers/file:mine')).toEqual(providers[0]);
    expect(await bench.admin('POST', '/providers/file:mine/test')).toMatchObject({ ok: true });
    await bench.addModel('of-the-api', 'gpt-upstream');
    const { data: models } = await bench.admin('GET', '/models');
    expect(models).toMatchObject([
      { id: 'my-gpt-4', source: 'file', targets: [{ provider: 'mine', provider_id: 'file:mine' }] },
      { id: 'of-the-api', source: 'api' },
    ]);
    expect(await bench.admin('GET', '/models/my-gpt-4')).toEqual(models[0]);
  });

  it('comes in pages with the others', async () => {
    const whole = await bench.admin('GET', '/models');
    const first = await bench.admin('GET', '/models?limit=1');
    expect(first).toMatchObject({ has_more: true, next_cursor: 'my-gpt-4', data: whole.data.slice(0, 1) });
    const second = await bench.admin('GET', '/models?limit=1&cursor=my-gpt-4');
    expect(second).toMatchObject({ has_more: false, data: whole.data.slice(1) });
    expect((await bench.admin('GET', '/models?limit=2')).data).toEqual(whole.data);
  });

  it.each([
    ['POST', '/providers', { name: 'mine', type: 'openai' }],
    ['PATCH', '/providers/file:mine', { enabled: false }],
    ['DELETE', '/providers/file:mine'],
    ['POST', '/models', { id: 'my-gpt-4', targets: [{ provider: 'upstream', model: 'x' }] }],
    ['PUT', '/models/my-gpt-4', { targets: [{ provider: 'upstream', model: 'x' }] }],
    ['PATCH', '/models/my-gpt-4', { enabled: false }],
    ['DELETE', '/models/my-gpt-4'],
  ])('is not changed by the API: %s %s', async (method, path, body?) => {
    const answer = await ask(method, path, body);
    expectError(answer, { ...DECLARED, message: /declared in .*pllm\.yaml, and can only be changed there/ });
    expect((await chat('my-gpt-4')).status).toBe(200);
  });

  it('lends its name to none of the API’s', async () => {
    const { data } = await bench.admin('GET', '/providers');
    expectError(await ask('PATCH', `/providers/${data[1].id}`, { name: 'mine' }), DECLARED);
  });
});

describe('a change of the file', () => {
  it('is a model that answers, without a restart', async () => {
    expectError(await chat('another'), NOT_FOUND);
    write(declare(model('my-gpt-4'), model('another')));
    await until(async () => (await chat('another')).status === 200, 10_000);
    write(declare(model('my-gpt-4', 'changed')));
    await until(async () => (await chat('another')).status === 404, 10_000);
    await chat('my-gpt-4');
    expect(mine.ledger.requests.at(-1)?.model).toBe('changed');
  });

  it('is seen where a link is turned, as ConfigMaps do it', async () => {
    for (const [name, id] of [
      ['one', 'first'],
      ['two', 'second'],
    ] as const) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'pllm.yaml'), declare(model(id)));
    }
    const turn = (to: string): void => {
      symlinkSync(to, join(folder, '..data.new'));
      renameSync(join(folder, '..data.new'), join(folder, '..data'));
    };
    turn('one');
    symlinkSync(join('..data', 'pllm.yaml'), `${file}.new`);
    renameSync(`${file}.new`, file);
    await until(async () => (await chat('first')).status === 200, 10_000);
    turn('two');
    await until(async () => (await chat('second')).status === 200, 10_000);
    expectError(await chat('first'), NOT_FOUND);
  });

  it('is taken at once when it is asked for', async () => {
    write(declare(model('at-once')));
    expect((await reload()).json.configuration).toMatchObject({ state: 'applied', providers: 1, models: 1 });
    expect((await chat('at-once')).status).toBe(200);
  });

  it('lets a call in flight end where it began', async () => {
    write(declare(model('stays', 'slow;chunks=4;gap=50')));
    await reload();
    const response = await fetch(`${bench.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'stays', stream: true, messages: [{ role: 'user', content: 'Hello!' }] }),
    });
    write(declare(model('at-once')));
    await reload();
    expectError(await chat('stays'), NOT_FOUND);
    expect(await response.text()).toMatch(/data: \[DONE\]\n\n$/);
  });

  it('that is broken changes nothing, and is shown with its lines', async () => {
    const before = await configuration();
    expect(before).toMatchObject({ state: 'applied', errors: [] });
    write(`${declare(model('broken', 'x', 'nobody'))}nonsense: true\n`);
    const broken = await until(async () => {
      const now = await configuration();
      return now.state === 'refused' && now;
    }, 10_000);
    expect(broken).toEqual({
      ...before,
      state: 'refused',
      errors: [
        expect.stringMatching(/pllm\.yaml:12:26: models\[0\]\.targets\[0\]\.provider: there is no provider/),
        expect.stringMatching(/pllm\.yaml:13:1: nonsense: is not a field/),
      ],
    });
    expect((await chat('at-once')).status).toBe(200);
    expectError(await reload(), { ...badRequest('bad_request'), message: /:12:26: .*\n.*:13:1: / });
    write(declare(model('at-once')));
    expect((await reload()).json.configuration).toMatchObject({ state: 'applied', errors: [] });
  });

  it.each([
    ['that is empty', () => write('')],
    ['that takes the file away', () => rmSync(file)],
    ['that is too large', () => write(`# ${'x'.repeat(300_000)}\n${declare(model('at-once'))}`)],
    ['that is no text', () => writeFileSync(file, Buffer.from([0xc3, 0x28]))],
  ])('%s changes nothing', async (_, change) => {
    change();
    expect((await reload()).status).toBe(400);
    expect(await configuration()).toMatchObject({ state: 'refused', models: 1 });
    expect((await chat('at-once')).status).toBe(200);
    write(declare(model('at-once')));
    expect((await reload()).status).toBe(200);
  });
});

describe('a name that both have', () => {
  it('is the file’s as long as the file declares it', async () => {
    await bench.addModel('both', 'of-the-api');
    const { id } = await bench.admin('POST', '/providers', {
      name: 'theirs',
      type: 'sandbox',
      base_url: bench.sandbox.url,
    });
    await bench.admin('POST', '/models', { id: 'theirs-too', targets: [{ provider: id, model: 'x' }] });
    const theirs = PROVIDER.replace('name: mine', 'name: theirs').trimStart().split('\n').slice(1).join('\n');
    write(`${PROVIDER}${theirs}models:\n${model('both', 'of-the-file')}`);
    expect((await reload()).json.configuration.in_place_of).toEqual({
      providers: ['theirs'],
      models: ['both'],
      prices: [],
      teams: [],
    });
    await chat('both');
    expect(mine.ledger.requests.at(-1)?.model).toBe('of-the-file');
    // What the API's models call by that name is the file's now.
    await chat('theirs-too');
    expect(mine.ledger.requests.at(-1)?.model).toBe('x');
    const { data } = await bench.admin('GET', '/providers');
    expect(
      data.map((one: { id: string }) => one.id).filter((one: string) => /file:|^prov/.test(one)),
    ).toEqual(['file:mine', 'file:theirs', expect.stringMatching(/^prov_/)]);
    expectError(await ask('DELETE', `/providers/${id}`), DECLARED);
    expectError(await ask('DELETE', '/models/both'), DECLARED);
    write(declare(model('at-once')));
    await reload();
    await chat('both');
    expect(bench.sandbox.ledger.requests.at(-1)?.model).toBe('of-the-api');
    expect(await bench.admin('GET', '/models/both')).toMatchObject({ source: 'api' });
  });

  it('may be the target of a model that the API makes', async () => {
    for (const [id, provider] of [
      ['by-name', 'mine'],
      ['by-id', 'file:mine'],
    ]) {
      const made = await bench.admin('POST', '/models', { id, targets: [{ provider, model: id }] });
      expect(made.targets).toMatchObject([{ provider: 'mine', provider_id: 'file:mine' }]);
      expect((await chat(made.id)).status).toBe(200);
      expect(mine.ledger.requests.at(-1)).toMatchObject({ headers: { authorization: `Bearer ${SECRET}` } });
    }
    expect((await configuration()).in_place_of.providers).toEqual([]);
    // Without the file the name is there, but nothing to call with.
    write('{}');
    await reload();
    expect((await chat('by-name')).status).toBe(503);
    const standIn = await bench.admin('GET', '/providers/file:mine');
    expect(standIn).toMatchObject({ source: 'api', enabled: false, credential: { set: false }, headers: {} });
    write(declare(model('at-once')));
    await reload();
    expect((await chat('by-name')).status).toBe(200);
  });
});

describe('what a file says of routing and prices', () => {
  const path = '/prices/sandbox/declared';
  const PRICES = "prices:\n  - {type: sandbox, model: declared, per_request: '0.25'}\n";
  const routed = `${model('routed').trimEnd()}
    strategy: least-busy
    fallbacks: [stands-by, family/x]
    retry: {attempts: 2}
`;

  it('is shown like what the API was told', async () => {
    await bench.addModel('stands-by', 'x');
    await bench.addModel('family/*', '*');
    write(`${declare(routed).replace('base_url', 'max_parallel: 7\n    base_url')}`);
    expect((await reload()).status).toBe(200);
    expect(await bench.admin('GET', '/models/routed')).toMatchObject({
      source: 'file',
      strategy: 'least-busy',
      targets: [{ weight: 1 }],
      fallbacks: ['stands-by', 'family/x'],
      retry: { attempts: 2 },
    });
    expect(await bench.admin('GET', '/providers/file:mine')).toMatchObject({ max_parallel: 7 });
  });

  it('falls back to models that are there, and keeps those of the API', async () => {
    write(declare(routed.replace('stands-by', 'nobody')));
    const answer = await reload();
    expectError(answer, {
      ...badRequest('bad_request'),
      message: /:14:17: models\[0\]\.fallbacks\[0\]: there is no/,
    });
    expect(await configuration()).toMatchObject({ state: 'refused', models: 1 });
    for (const id of ['stands-by', 'family/*'])
      expectError(await ask('DELETE', `/models/${id}`), {
        ...DECLARED,
        code: 'conflict',
        message: /'routed', which is declared in .*pllm\.yaml, falls back to it/,
      });
    write(declare(model('routed')));
    expect((await reload()).status).toBe(200);
    for (const id of ['stands-by', 'family/*']) await bench.admin('DELETE', `/models/${id}`);
  });

  it('is what calls cost, before what the API was told', async () => {
    const costOf = async () => {
      const answer = await chat('routed');
      return (await recordOf(bench, answer.headers.get('x-request-id') ?? '')).cost_usd;
    };
    await bench.admin('PUT', path, { per_request: '0.5' });
    expect(await costOf()).toBe('0.5');
    write(`${declare(model('routed'))}${PRICES}`);
    const { configuration: after } = (await reload()).json;
    expect(after).toMatchObject({ prices: 1, in_place_of: { prices: ['sandbox/declared'] } });
    expect(await costOf()).toBe('0.25');
    expectError(await ask('PUT', path, { per_request: '1' }), DECLARED);
    expectError(await ask('DELETE', path), DECLARED);
    const { data } = await bench.admin('GET', '/prices?source=file');
    expect(data).toEqual([
      {
        object: 'price',
        provider_type: 'sandbox',
        model: 'declared',
        price: { per_request: '0.25' },
        source: 'file',
        updated_at: expect.any(String),
      },
    ]);
    expect((await bench.admin('GET', '/prices?provider_type=sandbox')).data).toEqual(data);
    write(declare(model('routed')));
    await reload();
    expect(await costOf()).toBe('0.5');
    expect(await bench.admin('DELETE', path)).toMatchObject({ deleted: true });
  });

  it('stands in place of the catalogue', async () => {
    const shown = async () =>
      (await bench.admin('GET', '/prices?provider_type=openai&limit=1000')).data.filter(
        (one: { model: string }) => one.model === 'gpt-4o',
      );
    expect(await shown()).toMatchObject([{ source: 'catalogue' }]);
    write(`${declare(model('at-once'))}prices: [{type: openai, model: gpt-4o, input_per_mtok: '1'}]\n`);
    await reload();
    expect(await shown()).toMatchObject([{ source: 'file', price: { input_per_mtok: '1' } }]);
    write(declare(model('at-once')));
    await reload();
    expect(await shown()).toMatchObject([{ source: 'catalogue' }]);
  });
});

it('its secrets stand in no answer, entry or table', async () => {
  const paths = ['/providers?limit=1000', '/models?limit=1000', '/audit?limit=1000', '/system'];
  const answers = await Promise.all(paths.map((path) => ask('GET', path)));
  const all = [...answers.map(({ text }) => text), await databaseText(bench.gateway)].join('\n');
  expect(all).toContain('by-name');
  for (const secret of [SECRET, HEADER])
    for (const spelling of spellingsOf(secret)) expect(all.includes(spelling)).toBe(false);
  expect(bench.gateway.app.get(ModelRegistry).declaration.providers).toHaveLength(1);
});
