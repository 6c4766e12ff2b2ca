import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Logger } from '#observability';
import { SecretBox } from '#persistence';
import type { Declaration } from '../models/declaration.js';
import { ConfigurationFile } from './configuration-file.js';

const GOOD = 'providers:\n  - {name: p, type: openai, api_key: sk-secret-5150}\n';

let folder: string;
let path: string;
let declared: Declaration[];
let ofTeams: Declaration[];
let lines: object[];
/** Names of models that the registry has, and that it has once it has looked anew. */
let stored: Set<string>;
let news: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pllm-configuration-'));
  path = join(folder, 'pllm.yaml');
  declared = [];
  ofTeams = [];
  lines = [];
  stored = new Set();
  news = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(isNamed = true): ConfigurationFile {
  const log = (line: object): void => void lines.push(line);
  return new ConfigurationFile({
    config: { configFile: { path, isNamed }, variables: {}, denyPrivateUpstreams: false, dataDir: folder },
    models: {
      declare: (one) => void declared.push(one),
      sleeping: { providers: [], models: [], prices: [] },
      answersTo: (name) => stored.has(name),
      refresh: () => {
        for (const name of news) stored.add(name);
        return Promise.resolve();
      },
    },
    teams: { declare: (one) => void ofTeams.push(one), sleeping: [] },
    box: new SecretBox(Buffer.alloc(32, 1)),
    secretKey: Buffer.alloc(32, 2),
    logger: { info: log, warn: log, error: log } as unknown as Logger,
  });
}
const replace = (text: string): void => {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
};
const namesOf = (one: Declaration | undefined) => one?.providers.map(({ name }) => name);

describe('a file', () => {
  it('that was named must be there; one that was not may come later', async () => {
    await expect(open().begin()).rejects.toThrow('there is no such file');
    const file = open(false);
    await file.begin();
    await file.look();
    await file.reload();
    expect([file.state.state, declared, lines]).toEqual(['none', [], []]);
    replace(GOOD);
    await file.look();
    await file.look();
    expect([file.state.state, namesOf(declared[0])]).toEqual(['applied', ['p']]);
  });

  it('is taken when it has not moved for a look, and once', async () => {
    replace(GOOD);
    const file = open();
    await file.begin();
    for (const name of ['a', 'b', 'c']) {
      replace(GOOD.replace('name: p', `name: ${name}`));
      await file.look();
    }
    expect(declared).toHaveLength(1);
    for (let count = 0; count < 3; count++) await file.look();
    expect(declared.map(namesOf)).toEqual([['p'], ['c']]);
  });

  it('that is replaced by the same text is no change', async () => {
    replace(GOOD);
    const file = open();
    await file.begin();
    replace(GOOD);
    await file.look();
    await file.look();
    await file.reload();
    expect(declared).toHaveLength(1);
  });

  it('that is broken is told once, keeps what was, and is taken again when it is good', async () => {
    replace(GOOD);
    const file = open();
    await file.begin();
    replace('providers: 5');
    for (let count = 0; count < 4; count++) await file.look();
    await expect(file.reload()).rejects.toThrow('providers: must be an array');
    expect(file.state).toMatchObject({
      state: 'refused',
      providers: 1,
      errors: [expect.stringContaining(':1:12:')],
    });
    expect(lines.filter((line) => JSON.stringify(line).includes('configuration_refused'))).toHaveLength(1);
    rmSync(path);
    await file.look();
    await file.look();
    expect(file.state.errors).toEqual([expect.stringContaining('there is no such file')]);
    replace(GOOD);
    await file.look();
    await file.look();
    expect(file.state).toMatchObject({ state: 'applied', errors: [] });
    expect(declared.map(namesOf)).toEqual([['p'], ['p']]);
  });

  it('falls back to what is declared, stored, or was made a moment ago, and to nothing else', async () => {
    const model = (id: string, fallbacks: string): string =>
      `  - {id: ${id}, targets: [{provider: p, model: x}], fallbacks: ${fallbacks}}\n`;
    const text = `${GOOD}models:\n${model('a', '[b]')}${model('b', '[stored, new]')}`;
    stored.add('stored');
    replace(text);
    await expect(open().begin()).rejects.toThrow(
      /:5:69: models\[1\]\.fallbacks\[1\]: there is no model of that name$/,
    );
    expect(declared).toEqual([]);
    news.push('new');
    const file = open();
    await file.begin();
    expect([file.state.state, file.state.models]).toEqual(['applied', 2]);
    replace(`${GOOD}models:\n${model('a', '[b]')}`);
    await expect(file.reload()).rejects.toThrow(/fallbacks\[0\]: there is no model/);
    expect(file.state).toMatchObject({ state: 'refused', models: 2 });
  });

  it('may say what models cost', async () => {
    replace("prices:\n  - {type: openai, model: gpt-4o, input_per_mtok: '1'}\n");
    const file = open();
    await file.begin();
    expect(file.state).toMatchObject({ providers: 0, models: 0, prices: 1 });
    expect(declared[0]?.prices).toMatchObject([
      {
        providerType: 'openai',
        model: 'gpt-4o',
        price: { input_per_mtok: '1' },
        updatedAt: expect.any(Date),
      },
    ]);
    expect(Object.keys(declared[0]?.prices[0]?.price as object)).toEqual(['input_per_mtok']);
  });

  it('may declare teams, for whoever holds those', async () => {
    replace('teams:\n  - {name: research, models: [gpt-*], limits: {rpm: 5}}\n');
    const file = open();
    await file.begin();
    expect(file.state).toMatchObject({ providers: 0, teams: 1 });
    expect(ofTeams).toEqual(declared);
    expect(ofTeams[0]?.teams).toMatchObject([
      { id: 'file:research', name: 'research', models: ['gpt-*'], limits: { rpm: 5 }, metadata: {} },
    ]);
    expect(ofTeams[0]?.teamWithId('file:research')).toBe(ofTeams[0]?.teamNamed('research'));
    expect(() => ofTeams[0]?.guardTeam('research')).toThrow(/team 'research' is declared in .*pllm\.yaml/);
    expect(() => ofTeams[0]?.guardTeam('other')).not.toThrow();
  });

  it('is told by what it changed, never by its secrets', async () => {
    replace(GOOD);
    await open().begin();
    expect(lines).toEqual([expect.objectContaining({ added: ['provider p'], changed: {}, removed: [] })]);
    replace(GOOD.replace('5150', '5151'));
    // The next process knows what the last one had.
    await open().begin();
    expect(lines.at(-1)).toMatchObject({ added: [], changed: { 'provider p': ['api_key'] }, removed: [] });
    const kept = readFileSync(join(folder, 'applied-configuration.json'), 'utf8');
    expect(JSON.stringify(lines) + kept).not.toContain('sk-secret');
  });
});
