import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import { PRICE_MEMBERS } from '#metering';
import { findAdapter } from '#providers';
import { isForbiddenUrl, PRIVATE_DENIED } from '../admin/is-upstream.js';
import { faultOfProvider } from '../admin/provider-fault.js';
import { PriceBody } from '../admin/price.body.js';
import type { Config } from '../config/config.js';
import { gravest } from '../http/validation-errors.js';
import { covers } from '../models/covers.js';
import { DeclarationBody } from './declaration.body.js';
import type { DeclaredPriceBody } from './declaration.body.js';
import type { Fault } from './fault.js';
import { readYaml } from './read-yaml.js';
import type { Read } from './read-yaml.js';

/** A file that may be used, or everything that is wrong with it. */
export type Checked = Good | { readonly faults: readonly Fault[] };

export interface Good {
  readonly body: DeclarationBody;
  /** What the file alone cannot tell to be good. */
  readonly elsewhere: readonly Elsewhere[];
}

/** A model that is fallen back to and not declared: a fault, unless somebody else has it. */
export interface Elsewhere extends Fault {
  readonly name: string;
}

/** What the gateway's environment says of a file. */
export type Surroundings = Pick<Config, 'variables' | 'denyPrivateUpstreams'>;

/** Reads and checks a whole file: what it says, and what its parts say of each other. */
export function checkDeclaration(text: string, surroundings: Surroundings): Checked {
  const read = readYaml(text, surroundings.variables);
  const { value } = read;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (read.faults.length > 0) return { faults: read.faults };
    // A file that was cut to nothing by accident must not take every model away.
    const message = 'must hold providers:, models:, prices: or teams: (write {} to declare nothing)';
    return { faults: [{ line: 1, column: 1, path: '', message }] };
  }
  const body = plainToInstance(DeclarationBody, value, { exposeUnsetFields: false });
  const violations = validateSync(body, { whitelist: true, forbidNonWhitelisted: true });
  // What could not be read has been told of: it is not missing.
  const told = new Set(read.faults.map(({ path }) => path));
  const found = [
    ...broken(violations, '', read),
    ...conflicts(body, read),
    ...denied(body, read, surroundings),
    ...unworkable(body, read),
  ];
  const faults = [...read.faults, ...found.filter(({ path }) => !told.has(path))];
  return faults.length > 0 ? { faults } : { body, elsewhere: [...undeclared(body, read)] };
}

function* broken(violations: readonly ValidationError[], above: string, read: Read): Generator<Fault> {
  for (const violation of violations) {
    const { property, children = [], constraints } = violation;
    const path = /^\d+$/.test(property) ? `${above}[${property}]` : above ? `${above}.${property}` : property;
    yield* broken(children, path, read);
    if (!constraints) continue;
    if (constraints.whitelistValidation) {
      yield { ...read.placeOfName(path), path, message: unknownField(violation) };
    } else {
      const message = violation.value === undefined ? 'is missing' : reasonOf(violation);
      yield { ...read.placeOf(path), path, message };
    }
  }
}

function unknownField({ target }: ValidationError): string {
  if (!(target instanceof PriceBody)) return 'is not a field that is known here';
  return `is not a unit that prices are known by: ${Object.keys(PRICE_MEMBERS).join(', ')}`;
}

/** The rule that is broken, without the name that stands before it anyway. Rules tell no values. */
function reasonOf(violation: ValidationError): string {
  const [name, reason] = gravest(violation);
  if (name === 'nestedValidation') return 'must be an object';
  // A number in YAML has lost its digits before anybody can see them.
  if (name === 'isDollars' && typeof violation.value === 'number') return 'must be a text: put it in quotes';
  return reason.startsWith(`${violation.property} `) ? reason.slice(violation.property.length + 1) : reason;
}

/** Providers at literal addresses that are refused here; those that are refused everywhere have been told of. */
function* denied(
  body: DeclarationBody,
  read: Read,
  { denyPrivateUpstreams }: Surroundings,
): Generator<Fault> {
  for (const [index, { base_url }] of listOf(body.providers).entries()) {
    if (isForbiddenUrl(base_url, false) || !isForbiddenUrl(base_url, denyPrivateUpstreams)) continue;
    const path = `providers[${index}].base_url`;
    yield { ...read.placeOf(path), path, message: PRIVATE_DENIED };
  }
}

/** Providers whose address and secret do not fit together; what is wrong with either alone has been told of. */
function* unworkable({ providers }: DeclarationBody, read: Read): Generator<Fault> {
  for (const [index, { type, base_url, api_key }] of listOf(providers).entries()) {
    const given = [base_url, api_key].filter((value) => value !== undefined && value !== null);
    if (!given.every((value) => typeof value === 'string')) continue;
    if (base_url !== undefined && !URL.canParse(base_url)) continue;
    const fault = faultOfProvider({ type, baseUrl: base_url, secret: api_key ?? undefined });
    if (!fault) continue;
    const path = `providers[${index}].${fault.param}`;
    yield { ...read.placeOf(path), path, message: fault.message };
  }
}

/** A declared team's name is its id, behind which its end-users' accounts have a '/' and their own names. */
function* divided({ teams }: DeclarationBody, read: Read): Generator<Fault> {
  for (const [index, { name }] of listOf(teams).entries()) {
    const path = `teams[${index}].name`;
    if (typeof name === 'string' && name.includes('/'))
      yield { ...read.placeOf(path), path, message: "must have no '/'" };
  }
}

/** What no part can know alone: names that come twice, providers that are not there. */
function* conflicts(body: DeclarationBody, read: Read): Generator<Fault> {
  const providers = listOf(body.providers);
  const models = listOf(body.models);
  yield* twice(providers, 'providers', 'name', read);
  yield* twice(models, 'models', 'id', read);
  yield* twice(listOf(body.teams), 'teams', 'name', read);
  yield* divided(body, read);
  yield* conflictsOfPrices(listOf(body.prices), read);
  for (const [index, { type, base_url }] of providers.entries()) {
    const adapter = typeof type === 'string' ? findAdapter(type) : undefined;
    if (!adapter || adapter.defaultBaseUrl !== undefined || base_url !== undefined) continue;
    const path = `providers[${index}].base_url`;
    yield { ...read.placeOf(path), path, message: `is missing: a provider of type ${type} needs one` };
  }
  const names = new Set(providers.map(({ name }) => name));
  for (const [index, { id, targets, fallbacks }] of models.entries()) {
    const own = Array.isArray(fallbacks) ? fallbacks.indexOf(id) : -1;
    const at = `models[${index}].fallbacks[${own}]`;
    if (own >= 0) yield { ...read.placeOf(at), path: at, message: 'is the model itself' };
    for (const [at, target] of listOf(targets).entries()) {
      if (typeof target.provider !== 'string' || target.provider === '' || names.has(target.provider))
        continue;
      const path = `models[${index}].targets[${at}].provider`;
      yield { ...read.placeOf(path), path, message: 'there is no provider of that name in this file' };
    }
  }
}

function* conflictsOfPrices(prices: readonly DeclaredPriceBody[], read: Read): Generator<Fault> {
  const names = prices.map(({ type, model }) => ({ model: type && model ? `${type}/${model}` : undefined }));
  yield* twice(names, 'prices', 'model', read);
  for (const [index, price] of prices.entries()) {
    const path = `prices[${index}]`;
    const isEmpty = Object.keys(price).every((name) => name === 'type' || name === 'model');
    if (isEmpty) yield { ...read.placeOf(path), path, message: 'has no unit, such as input_per_mtok' };
  }
}

/** Fallbacks that no model of the file answers to. */
function* undeclared({ models }: DeclarationBody, read: Read): Generator<Elsewhere> {
  const ids = listOf(models).map(({ id }) => id);
  for (const [index, { fallbacks }] of listOf(models).entries()) {
    for (const [at, name] of (fallbacks ?? []).entries()) {
      if (ids.some((id) => covers(id, name))) continue;
      const path = `models[${index}].fallbacks[${at}]`;
      yield { ...read.placeOf(path), path, name, message: 'there is no model of that name' };
    }
  }
}

function* twice<Name extends string>(
  items: readonly { readonly [name in Name]: unknown }[],
  list: string,
  field: Name,
  read: Read,
): Generator<Fault> {
  const seen = new Map<unknown, string>();
  for (const [index, { [field]: name }] of items.entries()) {
    if (typeof name !== 'string') continue;
    const path = `${list}[${index}].${field}`;
    const first = seen.get(name);
    if (first === undefined) seen.set(name, path);
    else yield { ...read.placeOf(path), path, message: `is taken: see line ${read.placeOf(first).line}` };
  }
}

/** Only what has the shape of a list of objects: the rest has been told of. */
function listOf<Item extends object>(list: readonly Item[] | null | undefined): Item[] {
  if (!Array.isArray(list)) return [];
  return list.map((item: unknown) => (typeof item === 'object' && item !== null ? item : {}) as Item);
}
