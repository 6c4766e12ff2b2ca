import { describe, expect, it } from 'vitest';
import { GatewayError } from '#contract';
import type { Database, ModelRow, ProviderRow, Queries } from '#persistence';
import { SecretBox, sealProviderSecrets } from '#persistence';
import { Declaration, declaredId } from './declaration.js';
import { ModelRegistry } from './model-registry.js';

const box = new SecretBox(Buffer.alloc(32, 1));
const at = new Date(1_700_000_000_000);
const ANYBODY = { mayCall: () => true };

function provider(name: string, id = `prov_${name}`, rest: Partial<ProviderRow> = {}): ProviderRow {
  const sealed = sealProviderSecrets(box, id, { apiKey: `key-of-${id}`, headers: {} });
  const times = { createdAt: at, updatedAt: at };
  const fields = {
    type: 'sandbox',
    baseUrl: `http://${id}`,
    secretLast4: null,
    timeouts: {},
    maxParallel: null,
    enabled: true,
  };
  return { id, name, ...fields, sealed, ...times, ...rest };
}

function model(id: string, provider: ProviderRow, upstreamModel = 'up'): ModelRow {
  const target = {
    modelId: id,
    position: 0,
    providerId: provider.id,
    upstreamModel,
    priority: 0,
    weight: 1,
    timeouts: {},
    price: {},
  };
  const settings = {
    ownedBy: 'me',
    strategy: 'priority',
    fallbacks: [],
    retry: {},
    timeouts: {},
    price: {},
    metadata: {},
    unsupportedParameters: 'lenient',
    capabilities: {},
    limits: {},
    enabled: true,
  };
  return { id, ...settings, createdAt: at, updatedAt: at, targets: [{ ...target, provider }] };
}

const declared = provider('shared', declaredId('shared'));
const price = (name: string, dollars: string) => ({
  providerType: 'sandbox',
  model: name,
  price: { per_request: dollars },
  createdAt: at,
  updatedAt: at,
});
const declaration = new Declaration([declared], [model('both', declared, 'of-the-file')], 'pllm.yaml', [
  price('of-the-file', '1'),
]);
const stored = provider('shared', 'prov_shared', { enabled: false });
const other = provider('other');
const rows = {
  providers: [stored, other],
  models: [model('both', other, 'of-the-api'), model('leads-there', stored), model('apart', other)],
  prices: [price('of-the-file', '2'), price('up', '3')],
};

describe('a declaration over what is stored', () => {
  const { providers, models, prices } = declaration.over(rows);

  it('stands in place of what has its names', () => {
    expect(providers.map(({ id }) => id)).toEqual(['file:shared', 'prov_other']);
    expect(models.map(({ id, targets }) => [id, targets[0]?.provider.id, targets[0]?.upstreamModel])).toEqual(
      [
        ['both', 'file:shared', 'of-the-file'],
        ['leads-there', 'file:shared', 'up'],
        ['apart', 'prov_other', 'up'],
      ],
    );
    expect(prices).toEqual([price('of-the-file', '1'), price('up', '3')]);
  });

  it('changes no row', () => {
    expect(rows.models[1]?.targets[0]).toMatchObject({ providerId: 'prov_shared', provider: stored });
    expect(Declaration.NONE.over(rows)).toEqual(rows);
  });

  it('tells what sleeps, but not of its own stand-ins', () => {
    expect(declaration.sleeping(rows)).toEqual({
      providers: ['shared'],
      models: ['both'],
      prices: ['sandbox/of-the-file'],
    });
    const standIn = { providers: [{ ...stored, id: 'file:shared' }], models: [], prices: [] };
    expect(declaration.sleeping(standIn)).toEqual({ providers: [], models: [], prices: [] });
  });
});

const codeOf = (act: () => void): string => {
  try {
    act();
  } catch (error) {
    return (error as GatewayError).code;
  }
  return 'none';
};

it('guards the names that are declared, and no others', () => {
  expect(codeOf(() => declaration.guardProvider('shared'))).toBe('declared_in_file');
  expect(codeOf(() => declaration.guardModel('both'))).toBe('declared_in_file');
  expect(codeOf(() => declaration.guardProvider('other'))).toBe('none');
  expect(codeOf(() => declaration.guardProvider(undefined))).toBe('none');
  expect(codeOf(() => declaration.guardModel('constructor'))).toBe('none');
  expect(codeOf(() => declaration.guardPrice('sandbox', 'of-the-file'))).toBe('declared_in_file');
  expect(codeOf(() => declaration.guardPrice('openai', 'of-the-file'))).toBe('none');
});

it('guards what it falls back to and does not declare', () => {
  const first = { ...model('first', declared), fallbacks: ['second', 'stored', 'family/x'] };
  const one = new Declaration([declared], [first, model('second', declared)], 'pllm.yaml');
  const codes = ['second', 'stored', 'family/*', 'other', 'other/*'].map((id) =>
    codeOf(() => one.guardFallback(id)),
  );
  expect(codes).toEqual(['none', 'conflict', 'conflict', 'none', 'none']);
});

describe('the registry with a declaration', () => {
  let isDown = false;
  const queries = {
    provider: { findMany: () => rows.providers },
    model: { findMany: () => rows.models },
    price: { findMany: () => rows.prices },
  };
  const read = <T>(query: (queries: Queries) => Promise<T>) =>
    isDown ? Promise.reject(new Error('down')) : query(queries as unknown as Queries);
  const registry = new ModelRegistry({ read } as unknown as Database, { box });
  const targetOf = (id: string) => registry.resolve(id, ANYBODY).targets[0];

  it('routes by the file, with the file’s secrets', async () => {
    await registry.refresh();
    expect(targetOf('both')?.model).toBe('of-the-api');
    expect(registry.resolve('leads-there', ANYBODY).targets).toEqual([]);
    const before = registry.resolve('both', ANYBODY);
    isDown = true;
    registry.declare(declaration);
    expect(targetOf('both')).toMatchObject({
      model: 'of-the-file',
      provider: { secret: 'key-of-file:shared', baseUrl: 'http://file:shared' },
    });
    expect(targetOf('leads-there')?.provider.id).toBe('file:shared');
    expect(targetOf('both')?.price).toEqual({ request: 1e15 });
    expect(targetOf('leads-there')?.price).toEqual({ request: 3e15 });
    // Who resolved it before keeps what it has.
    expect(before.targets[0]?.model).toBe('of-the-api');
  });

  it('goes on with it when the database changes, and without it when it is gone', async () => {
    isDown = false;
    await registry.refresh();
    expect(targetOf('both')?.model).toBe('of-the-file');
    registry.declare(Declaration.NONE);
    expect(targetOf('both')?.model).toBe('of-the-api');
  });

  it('knows who would answer under a declaration that is not in force yet', () => {
    const next = new Declaration(
      [declared],
      [model('next', declared), model('many/*', declared)],
      'pllm.yaml',
    );
    const names = ['apart', 'next', 'many/x', 'nobody'];
    expect(names.filter((name) => registry.answersTo(name))).toEqual(['apart']);
    expect(names.filter((name) => registry.answersTo(name, next))).toEqual(['apart', 'next', 'many/x']);
  });

  it('has providers where only the file has any', () => {
    const empty = new ModelRegistry({} as Database, { box });
    expect(empty.hasProviders).toBe(false);
    empty.declare(declaration);
    expect(empty.hasProviders).toBe(true);
    expect(empty.isLoaded).toBe(false);
  });
});
