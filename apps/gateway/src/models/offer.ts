import { DEFAULT_TIMEOUTS } from '#contract';
import type { Provider, Target } from '#contract';
import { findAdapter } from '#providers';
import { compileGlob } from '#routing';
import type { Model } from '#routing';
import type { Config } from '../config/config.js';
import { covers } from './covers.js';

/** A provider that stands in no database, and the models that are called at it. */
export interface Offer {
  readonly provider: Provider;
  readonly models: readonly Model[];
  /** Patterns of whole names that it answers to when nothing else does. */
  readonly bareModels: readonly Model[];
}

/** The sandbox upstream, for whoever has no provider yet. */
export function demoOffer(baseUrl: string): Offer {
  const provider = providerOf('sandbox', baseUrl, undefined);
  const model = { ...modelAt(provider, 'sandbox', 'sandbox'), ownedBy: 'pllm-sandbox' };
  return { provider, models: [model], bareModels: [] };
}

/** The providers whose keys stand in the environment: `openai/*`, and where clients know its models, their names too. */
export function environmentOffers({
  providerKeys,
  openaiBaseUrl,
}: Pick<Config, 'providerKeys' | 'openaiBaseUrl'>): Offer[] {
  const baseUrls: Readonly<Record<string, string | undefined>> = { openai: openaiBaseUrl };
  return Object.entries(providerKeys).flatMap(([type, key]) => {
    const adapter = findAdapter(type);
    const baseUrl = baseUrls[type] ?? adapter?.defaultBaseUrl;
    if (baseUrl === undefined) return [];
    const provider = providerOf(type, baseUrl, key);
    const bareModels = (adapter?.ownNames ?? []).map((pattern) => modelAt(provider, pattern, '*'));
    return [{ provider, models: [modelAt(provider, `${type}/*`, '*')], bareModels }];
  });
}

/** Those that are in sight: an operator's provider of the same name stands in place of one. */
export function offersBeside(
  offers: readonly Offer[],
  providers: readonly { readonly name: string }[],
): Offer[] {
  const taken = new Set(providers.map(({ name }) => name));
  return offers.filter(({ provider }) => !taken.has(provider.name));
}

/** Would a call by the name be answered? */
export function isOffered(name: string, { models, bareModels }: Offer): boolean {
  return models.some(({ id }) => covers(id, name)) || bareModels.some(({ id }) => compileGlob(id)(name));
}

function providerOf(type: string, baseUrl: string, secret: string | undefined): Provider {
  return { id: type, name: type, type, baseUrl, secret, headers: {} };
}

function modelAt(provider: Provider, id: string, model: string): Model {
  const target: Target = { provider, model, priority: 0, timeouts: DEFAULT_TIMEOUTS };
  return { id, ownedBy: provider.type, created: Math.floor(Date.now() / 1000), targets: [target] };
}
