import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS, GatewayError } from '#contract';
import type { Timeouts } from '#contract';
import type { Database, ModelRow, ProviderRow, Queries } from '#persistence';
import { SecretBox, sealProviderSecrets } from '#persistence';
import { DEFAULT_RETRY } from '#routing';
import { ModelRegistry } from './model-registry.js';
import { environmentOffers } from './offer.js';
import type { Offer } from './offer.js';

const box = new SecretBox(Buffer.alloc(32, 1));
const now = new Date(1_700_000_000_000);
const ANYBODY = { mayCall: () => true };

function provider(name: string, rest: Partial<ProviderRow> = {}): ProviderRow {
  return {
    id: `prov_${name}`,
    name,
    type: 'sandbox',
    baseUrl: `http://${name}`,
    sealed: sealProviderSecrets(box, `prov_${name}`, { apiKey: `key-of-${name}`, headers: {} }),
    secretLast4: null,
    timeouts: {},
    maxParallel: null,
    enabled: true,
    createdAt: now,
    updatedAt: now,
    ...rest,
  };
}

interface Aim {
  readonly provider: ProviderRow;
  readonly model?: string;
  readonly priority?: number;
  readonly weight?: number;
  readonly timeouts?: Partial<Timeouts>;
  readonly price?: object;
}

function model(id: string, aims: Aim[], rest: Partial<ModelRow> = {}): ModelRow {
  const targets = aims.map(
    ({ provider, model = 'up', priority = 0, weight = 1, timeouts = {}, price = {} }, position) => ({
      modelId: id,
      position,
      providerId: provider.id,
      upstreamModel: model,
      priority,
      weight,
      timeouts: { ...timeouts },
      price: { ...price },
      provider,
    }),
  );
  const settings = {
    ownedBy: 'me',
    strategy: 'priority',
    fallbacks: [],
    retry: {},
    timeouts: {},
    metadata: {},
    price: {},
    unsupportedParameters: 'lenient',
    capabilities: {},
    limits: {},
    enabled: true,
  };
  return { id, ...settings, createdAt: now, updatedAt: now, targets, ...rest };
}

async function makeRegistry(
  providers: ProviderRow[],
  models: ModelRow[],
  offers?: Offer[],
  prices: object[] = [],
): Promise<ModelRegistry> {
  const queries = {
    provider: { findMany: () => providers },
    model: { findMany: () => models },
    price: { findMany: () => prices },
  };
  const read = <T>(query: (queries: Queries) => Promise<T>) => query(queries as unknown as Queries);
  const registry = new ModelRegistry({ read } as unknown as Database, { box }, offers);
  await registry.refresh();
  return registry;
}

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as GatewayError).code;
  }
  return 'none';
};

describe('ModelRegistry', () => {
  const one = provider('one');
  const two = provider('two');

  it('is loaded once it has read the database', async () => {
    const registry = new ModelRegistry({} as Database, { box });
    expect(registry.isLoaded).toBe(false);
    expect((await makeRegistry([], [])).isLoaded).toBe(true);
  });

  it('resolves a name to its targets, lowest priority number first, then as listed', async () => {
    const aims = [
      { provider: one, model: 'c', priority: 5 },
      { provider: two, model: 'a' },
      { provider: one, model: 'b' },
    ];
    const registry = await makeRegistry([one, two], [model('m', aims)]);
    const { targets, ownedBy, created } = registry.resolve('m', ANYBODY);
    expect(targets.map((target) => target.model)).toEqual(['a', 'b', 'c']);
    expect(targets[0]?.provider).toMatchObject({ name: 'two', secret: 'key-of-two' });
    expect({ ownedBy, created }).toEqual({ ownedBy: 'me', created: 1_700_000_000 });
  });

  it('knows how much each target reads, and whether it is strict, under a pattern too', async () => {
    const rows = [
      model('m', [{ provider: one, model: 'gpt-4o' }, { provider: one }], {
        unsupportedParameters: 'strict',
      }),
      model('a/*', [{ provider: one, model: '*' }]),
      model('said', [{ provider: one, model: 'gpt-4o' }], { capabilities: { context_window: 4_096 } }),
    ];
    const registry = await makeRegistry([one], rows);
    const facts = ['m', 'a/gpt-4o-mini', 'a/mine', 'said'].map((name) =>
      registry.resolve(name, ANYBODY).targets.map(({ contextWindow, isStrict }) => [contextWindow, isStrict]),
    );
    expect(facts).toEqual([
      [
        [128_000, true],
        [undefined, true],
      ],
      [[128_000, false]],
      [[undefined, false]],
      [[4_096, false]],
    ]);
  });

  it('knows how a model is routed, under a pattern too, and fills in what is left out of what is asked', async () => {
    const limited = provider('limited', { maxParallel: 5 });
    const aims = [
      { provider: limited, weight: 3 },
      { provider: one, weight: 0 },
    ];
    const asked = { strategy: 'weighted', fallbacks: ['plain', 'a/y'] };
    const registry = await makeRegistry(
      [one, limited],
      [
        model('plain', [{ provider: one }]),
        model('m', aims, { ...asked, retry: { attempts: 5, budget_ratio: 0.5 } }),
        model('attempts', [{ provider: one }], { retry: { attempts: 7 } }),
        model('ratio', [{ provider: one }], { retry: { budget_ratio: 0 } }),
        model('a/*', aims, { ...asked, retry: { attempts: 1 } }),
      ],
    );
    const resolve = (name: string) => registry.resolve(name, ANYBODY);
    const { targets, ...plain } = resolve('plain');
    expect(plain).toMatchObject({ strategy: 'priority', fallbacks: [], retry: undefined });
    expect([targets[0]?.weight, targets[0]?.provider.maxParallel]).toEqual([1, undefined]);
    expect(resolve('m')).toMatchObject({ ...asked, retry: { attempts: 5, budgetRatio: 0.5 } });
    expect(resolve('m').targets.map(({ weight }) => weight)).toEqual([3, 0]);
    expect(resolve('m').targets[0]?.provider.maxParallel).toBe(5);
    expect(resolve('attempts').retry).toEqual({ attempts: 7, budgetRatio: DEFAULT_RETRY.budgetRatio });
    expect(resolve('ratio').retry).toEqual({ attempts: DEFAULT_RETRY.attempts, budgetRatio: 0 });
    expect(resolve('a/x')).toMatchObject({ id: 'a/x', ...asked, retry: { attempts: 1 } });
    expect(resolve('a/x').targets.map(({ weight }) => weight)).toEqual([3, 0]);
  });

  it('says which names are answered to, now or once their model is enabled', async () => {
    const models = [
      model('m', [{ provider: one }]),
      model('off', [{ provider: one }], { enabled: false }),
      model('a/*', [{ provider: one }]),
    ];
    const offers = environmentOffers({ providerKeys: { openai: 'sk' }, openaiBaseUrl: undefined });
    const registry = await makeRegistry([one], models, offers);
    const names = ['m', 'off', 'a/x', 'openai/x', 'gpt-4o', 'b', 'a/*', 'a/'];
    expect(names.filter((name) => registry.answersTo(name))).toEqual([
      'm',
      'off',
      'a/x',
      'openai/x',
      'gpt-4o',
      'a/*',
    ]);
  });

  it('says who may not, and what is not there', async () => {
    const registry = await makeRegistry([one], [model('m', [{ provider: one }])]);
    expect(codeOf(() => registry.resolve('n', ANYBODY))).toBe('model_not_found');
    expect(codeOf(() => registry.resolve('m', { mayCall: () => false }))).toBe('model_not_allowed');
    expect(registry.list({ mayCall: () => false })).toEqual([]);
    expect(codeOf(() => registry.resolve('x'.repeat(1_000_000), ANYBODY))).toBe('model_not_found');
  });

  it('takes the longest pattern, and a plain name before any', async () => {
    const registry = await makeRegistry(
      [one],
      [
        model('*', [{ provider: one, model: 'any:*' }]),
        model('a/*', [{ provider: one, model: 'a:*' }]),
        model('a/b/*', [{ provider: one, model: '*+*' }]),
        model('a/b/plain', [{ provider: one, model: 'plain' }]),
      ],
    );
    const upstream = (name: string) => registry.resolve(name, ANYBODY).targets[0]?.model;
    expect(upstream('x')).toBe('any:x');
    expect(upstream('a/x')).toBe('a:x');
    expect(upstream('a/b/x')).toBe('x+x');
    expect(upstream('a/b/plain')).toBe('plain');
    expect(upstream('a/b/$&')).toBe('$&+$&');
    expect(registry.resolve('a/x', ANYBODY).id).toBe('a/x');
    expect(registry.list(ANYBODY).map(({ id }) => id)).toEqual(['a/b/plain']);
  });

  it('inherits each timeout: target, model, provider, default', async () => {
    const patient = provider('patient', { timeouts: { connect_ms: 1, first_byte_ms: 1, idle_ms: 1 } });
    const aims = [{ provider: patient, timeouts: { connect_ms: 3 } }];
    const timeouts = { connect_ms: 2, first_byte_ms: 2 };
    const registry = await makeRegistry([patient], [model('m', aims, { timeouts })]);
    expect(registry.resolve('m', ANYBODY).targets[0]?.timeouts).toEqual({
      ...DEFAULT_TIMEOUTS,
      connect_ms: 3,
      first_byte_ms: 2,
      idle_ms: 1,
    });
  });

  it('leaves out what is disabled: a model, or a provider’s targets', async () => {
    const off = provider('off', { enabled: false });
    const registry = await makeRegistry(
      [one, off],
      [
        model('disabled', [{ provider: one }], { enabled: false }),
        model('half', [
          { provider: off, model: 'x' },
          { provider: one, model: 'y' },
        ]),
      ],
    );
    expect(codeOf(() => registry.resolve('disabled', ANYBODY))).toBe('model_not_found');
    expect(registry.resolve('half', ANYBODY).targets.map((target) => target.model)).toEqual(['y']);
  });

  it('offers a demo until there is a provider', async () => {
    const providers: ProviderRow[] = [];
    const registry = await makeRegistry(providers, []);
    await registry.offerDemo('http://demo');
    expect(registry.hasProviders).toBe(false);
    expect(registry.list(ANYBODY).map(({ id }) => id)).toEqual(['sandbox']);
    providers.push(one);
    await registry.refresh();
    expect(registry.hasProviders).toBe(true);
    expect(registry.list(ANYBODY)).toEqual([]);
  });

  it('finds a name under a pattern once, and anew when something changed', async () => {
    const models = [model('a/*', [{ provider: one, model: 'first:*' }])];
    const registry = await makeRegistry([one], models);
    const found = registry.resolve('a/x', ANYBODY);
    expect(registry.resolve('a/x', ANYBODY)).toBe(found);
    for (let count = 0; count < 2_000; count++) registry.resolve(`a/${count}`, ANYBODY);
    // So many names are not all remembered.
    expect(registry.resolve('a/x', ANYBODY)).not.toBe(found);
    expect(registry.resolve('a/x', ANYBODY)).toEqual(found);
    models[0] = model('a/*', [{ provider: one, model: 'second:*' }]);
    await registry.refresh();
    expect(registry.resolve('a/x', ANYBODY).targets[0]?.model).toBe('second:x');
  });

  describe('with keys in the environment', () => {
    const offers = environmentOffers({
      providerKeys: { openai: 'sk', groq: 'gsk' },
      openaiBaseUrl: undefined,
    });
    const upstream = (registry: ModelRegistry, name: string) => {
      const target = registry.resolve(name, ANYBODY).targets[0];
      return [target?.provider.id, target?.model];
    };

    it('answers to all names under theirs, and to OpenAI’s bare ones', async () => {
      const registry = await makeRegistry([], [], offers);
      expect(registry.hasProviders).toBe(true);
      expect(upstream(registry, 'openai/gpt-4o')).toEqual(['openai', 'gpt-4o']);
      expect(upstream(registry, 'gpt-4o')).toEqual(['openai', 'gpt-4o']);
      expect(upstream(registry, 'o1')).toEqual(['openai', 'o1']);
      expect(upstream(registry, 'groq/a/b')).toEqual(['groq', 'a/b']);
      expect(registry.resolve('gpt-4o', ANYBODY)).toMatchObject({ id: 'gpt-4o', ownedBy: 'openai' });
      expect(codeOf(() => registry.resolve('llama3', ANYBODY))).toBe('model_not_found');
      expect(codeOf(() => registry.resolve('gpt-*', ANYBODY))).toBe('model_not_found');
      expect(codeOf(() => registry.resolve('gpt-4o', { mayCall: () => false }))).toBe('model_not_allowed');
      expect(registry.list(ANYBODY)).toEqual([]);
    });

    it('gives way to whatever an operator calls the same', async () => {
      const models = [
        model('openai/*', [{ provider: one, model: 'mine:*' }]),
        model('gpt-4o', [{ provider: one, model: 'mine' }]),
        model('groq/*', [{ provider: one }], { enabled: false }),
      ];
      const registry = await makeRegistry([one], models, offers);
      expect(upstream(registry, 'openai/x')).toEqual([one.id, 'mine:x']);
      expect(upstream(registry, 'gpt-4o')).toEqual([one.id, 'mine']);
      expect(upstream(registry, 'gpt-4o-mini')).toEqual(['openai', 'gpt-4o-mini']);
      expect(codeOf(() => registry.resolve('groq/x', ANYBODY))).toBe('model_not_found');
    });

    it('gives bare names to nobody where an operator has a pattern for them', async () => {
      const models = [model('*', [{ provider: one, model: '*' }])];
      const registry = await makeRegistry([one], models, offers);
      expect(upstream(registry, 'gpt-4o')).toEqual([one.id, 'gpt-4o']);
      expect(upstream(registry, 'openai/gpt-4o')).toEqual(['openai', 'gpt-4o']);
    });

    it('is out of sight with a provider of the same name', async () => {
      const registry = await makeRegistry([provider('openai')], [], offers);
      expect(codeOf(() => registry.resolve('openai/gpt-4o', ANYBODY))).toBe('model_not_found');
      expect(codeOf(() => registry.resolve('gpt-4o', ANYBODY))).toBe('model_not_found');
      expect(upstream(registry, 'groq/x')).toEqual(['groq', 'x']);
    });

    it('needs no demo', async () => {
      const registry = await makeRegistry([], [], offers);
      await registry.offerDemo('http://demo');
      expect(codeOf(() => registry.resolve('sandbox', ANYBODY))).toBe('model_not_found');
    });
  });

  it('keeps what it knew when the database does not answer', async () => {
    const models = [model('m', [{ provider: one }])];
    let isDown = false;
    const queries = {
      provider: { findMany: () => [one] },
      model: { findMany: () => models },
      price: { findMany: () => [] },
    };
    const read = <T>(query: (queries: Queries) => Promise<T>) =>
      isDown ? Promise.reject(new Error('down')) : query(queries as unknown as Queries);
    const registry = new ModelRegistry({ read } as unknown as Database, { box });
    await registry.refresh();
    isDown = true;
    await expect(registry.refresh()).rejects.toThrow('down');
    expect(registry.resolve('m', ANYBODY).id).toBe('m');
    isDown = false;
    await registry.refresh();
  });
});

describe('what a target costs', () => {
  const priceOf = (registry: ModelRegistry, name: string) =>
    registry.resolve(name, ANYBODY).targets[0]?.price;
  const openai = provider('acme', { type: 'openai' });

  it('is its own price, then its model’s, then the operator’s for the upstream model, then the catalogue’s', async () => {
    const own = { input_per_mtok: '1' };
    const ofModel = { input_per_mtok: '2' };
    const registry = await makeRegistry(
      [openai],
      [
        model('own', [{ provider: openai, model: 'gpt-4o', price: own }], { price: ofModel }),
        model('of-model', [{ provider: openai, model: 'gpt-4o' }], { price: ofModel }),
        model('overridden', [{ provider: openai, model: 'gpt-4o-mini' }]),
        model('shipped', [{ provider: openai, model: 'gpt-4o-2024-11-20' }]),
        model('unknown', [{ provider: openai, model: 'made-up' }]),
      ],
      [],
      [{ providerType: 'openai', model: 'gpt-4o-mini', price: { input_per_mtok: '3' } }],
    );
    expect(priceOf(registry, 'own')).toEqual({ input: 1_000_000_000 });
    expect(priceOf(registry, 'of-model')).toEqual({ input: 2_000_000_000 });
    expect(priceOf(registry, 'overridden')).toEqual({ input: 3_000_000_000 });
    expect(priceOf(registry, 'shipped')).toMatchObject({ input: 2_500_000_000, output: 10_000_000_000 });
    expect(priceOf(registry, 'unknown')).toBeUndefined();
  });

  it('is that of the name a pattern stands for', async () => {
    const registry = await makeRegistry([openai], [model('any/*', [{ provider: openai, model: '*' }])]);
    expect(priceOf(registry, 'any/gpt-4o')).toMatchObject({ input: 2_500_000_000 });
    expect(priceOf(registry, 'any/gpt-4o-mini')).toMatchObject({ input: 150_000_000 });
    expect(priceOf(registry, 'any/thing')).toBeUndefined();
    expect(registry.resolve('any/gpt-4o', ANYBODY)).toBe(registry.resolve('any/gpt-4o', ANYBODY));
  });
});
