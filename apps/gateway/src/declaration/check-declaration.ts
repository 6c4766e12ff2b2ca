import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import { findAdapter } from '#providers';
import { gravest } from '../http/validation-errors.js';
import { DeclarationBody } from './declaration.body.js';
import type { Fault } from './fault.js';
import { readYaml } from './read-yaml.js';
import type { Read } from './read-yaml.js';

/** A file that may be used, or everything that is wrong with it. */
export type Checked = { readonly body: DeclarationBody } | { readonly faults: readonly Fault[] };

/** Reads and checks a whole file: what it says, and what its parts say of each other. */
export function checkDeclaration(text: string, variables: Readonly<Record<string, string>>): Checked {
  const read = readYaml(text, variables);
  const { value } = read;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (read.faults.length > 0) return { faults: read.faults };
    // A file that was cut to nothing by accident must not take every model away.
    const message = 'must hold providers: and models: (write {} to declare nothing)';
    return { faults: [{ line: 1, column: 1, path: '', message }] };
  }
  const body = plainToInstance(DeclarationBody, value, { exposeUnsetFields: false });
  const violations = validateSync(body, { whitelist: true, forbidNonWhitelisted: true });
  // What could not be read has been told of: it is not missing.
  const told = new Set(read.faults.map(({ path }) => path));
  const found = [...broken(violations, '', read), ...conflicts(body, read)];
  const faults = [...read.faults, ...found.filter(({ path }) => !told.has(path))];
  return faults.length > 0 ? { faults } : { body };
}

function* broken(violations: readonly ValidationError[], above: string, read: Read): Generator<Fault> {
  for (const violation of violations) {
    const { property, children = [], constraints } = violation;
    const path = /^\d+$/.test(property) ? `${above}[${property}]` : above ? `${above}.${property}` : property;
    yield* broken(children, path, read);
    if (!constraints) continue;
    if (constraints.whitelistValidation) {
      yield { ...read.placeOfName(path), path, message: 'is not a field that is known here' };
    } else {
      const message = violation.value === undefined ? 'is missing' : reasonOf(violation);
      yield { ...read.placeOf(path), path, message };
    }
  }
}

/** The rule that is broken, without the name that stands before it anyway. Rules tell no values. */
function reasonOf(violation: ValidationError): string {
  const [name, reason] = gravest(violation);
  if (name === 'nestedValidation') return 'must be an object';
  return reason.startsWith(`${violation.property} `) ? reason.slice(violation.property.length + 1) : reason;
}

/** What no part can know alone: names that come twice, providers that are not there. */
function* conflicts(body: DeclarationBody, read: Read): Generator<Fault> {
  const providers = listOf(body.providers);
  const models = listOf(body.models);
  yield* twice(providers, 'providers', 'name', read);
  yield* twice(models, 'models', 'id', read);
  for (const [index, { type, base_url }] of providers.entries()) {
    const adapter = typeof type === 'string' ? findAdapter(type) : undefined;
    if (!adapter || adapter.defaultBaseUrl !== undefined || base_url !== undefined) continue;
    const path = `providers[${index}].base_url`;
    yield { ...read.placeOf(path), path, message: `is missing: a provider of type ${type} needs one` };
  }
  const names = new Set(providers.map(({ name }) => name));
  for (const [index, { targets }] of models.entries()) {
    for (const [at, target] of listOf(targets).entries()) {
      if (typeof target.provider !== 'string' || target.provider === '' || names.has(target.provider))
        continue;
      const path = `models[${index}].targets[${at}].provider`;
      yield { ...read.placeOf(path), path, message: 'there is no provider of that name in this file' };
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
