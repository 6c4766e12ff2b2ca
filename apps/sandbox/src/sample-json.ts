import { isRecord, type Json } from './json.js';

type Schema = Record<string, unknown>;

/** Below this depth only what is required is sampled, and a union takes its simplest branch: recursion ends. */
const DEEP = 5;
const BOTTOM = 60;

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2025-01-01T00:00:00Z',
  date: '2025-01-01',
  time: '00:00:00Z',
  duration: 'P1D',
  email: 'sample@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

/** A value that is valid against the schema. `pattern`, `not` and conditionals are not obeyed. */
export function sampleJson(schema: unknown): Json {
  return sample(schema, schema, 0);
}

function sample(given: unknown, root: unknown, depth: number): Json {
  const schema = flatten(given, root, depth);
  if (depth > BOTTOM) return null;
  if ('const' in schema) return asJson(schema['const']);
  const choices = schema['enum'];
  if (Array.isArray(choices)) return asJson(choices[0]);
  const type = typeOf(schema, depth);
  if (type === 'object') return sampleObject(schema, root, depth);
  if (type === 'array') return sampleArray(schema, root, depth);
  if (type === 'integer' || type === 'number') return sampleNumber(schema, type === 'integer');
  if (type === 'boolean') return true;
  return type === 'null' ? null : sampleString(schema);
}

/** The schema with its references, its first alternative and its `allOf` laid together. */
function flatten(given: unknown, root: unknown, depth: number): Schema {
  if (!isRecord(given)) return {};
  if (depth > BOTTOM) return given;
  const { $ref, anyOf, oneOf, allOf, ...own } = given;
  const parts: unknown[] = Array.isArray(allOf) ? [...allOf] : [];
  if (typeof $ref === 'string') parts.push(lookUp($ref, root));
  for (const union of [anyOf, oneOf]) if (Array.isArray(union)) parts.push(pick(union, depth));
  return parts.map((part) => flatten(part, root, depth + 1)).reduce(layTogether, own);
}

function layTogether(schema: Schema, part: Schema): Schema {
  const merged: Schema = { ...part, ...schema };
  if (isRecord(part['properties']) && isRecord(schema['properties']))
    merged['properties'] = { ...part['properties'], ...schema['properties'] };
  if (Array.isArray(part['required']) && Array.isArray(schema['required']))
    merged['required'] = [...part['required'], ...schema['required']];
  return merged;
}

function lookUp(reference: string, root: unknown): unknown {
  let found = root;
  for (const step of decodeURIComponent(reference).split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(found)) found = found[Number(key)];
    else found = isRecord(found) ? found[key] : undefined;
  }
  return found;
}

/** Near the root the first alternative that is not null; deep down one that ends the recursion. */
function pick(union: unknown[], depth: number): unknown {
  const isNull = (option: unknown): boolean => isRecord(option) && option['type'] === 'null';
  const isLeaf = (option: unknown): boolean =>
    isRecord(option) && option['$ref'] === undefined && option['properties'] === undefined;
  if (depth > DEEP) return union.find(isNull) ?? union.find(isLeaf) ?? union[0];
  return union.find((option) => !isNull(option)) ?? union[0];
}

function typeOf(schema: Schema, depth: number): unknown {
  const type = schema['type'];
  if (Array.isArray(type)) {
    if (depth > DEEP && type.includes('null')) return 'null';
    return type.find((name) => name !== 'null') ?? 'null';
  }
  if (type !== undefined) return type;
  if ('properties' in schema || 'required' in schema) return 'object';
  if ('items' in schema || 'prefixItems' in schema) return 'array';
  return 'minimum' in schema || 'maximum' in schema ? 'number' : 'string';
}

function sampleObject(schema: Schema, root: unknown, depth: number): Json {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  const required = schema['required'];
  let names = Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
  if (required === undefined && depth <= DEEP) names = Object.keys(properties);
  const schemaOf = (name: string): unknown =>
    Object.hasOwn(properties, name) ? properties[name] : schema['additionalProperties'];
  return Object.fromEntries(names.map((name) => [name, sample(schemaOf(name), root, depth + 1)]));
}

function sampleArray(schema: Schema, root: unknown, depth: number): Json {
  const prefix: unknown[] = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : [];
  const most = numberOr(schema['maxItems'], Infinity);
  const wanted = depth > DEEP || schema['items'] === false ? prefix.length : Math.max(1, prefix.length);
  const length = Math.min(most, Math.max(numberOr(schema['minItems'], 0), wanted));
  return Array.from({ length }, (_, index) => sample(prefix[index] ?? schema['items'], root, depth + 1));
}

function sampleNumber(schema: Schema, isInteger: boolean): number {
  const step = numberOr(schema['multipleOf'], isInteger ? 1 : 0);
  const above = numberOr(schema['exclusiveMinimum'], -Infinity);
  const below = numberOr(schema['exclusiveMaximum'], Infinity);
  let low = Math.max(numberOr(schema['minimum'], -Infinity), above);
  let high = Math.min(numberOr(schema['maximum'], Infinity), below);
  if (step > 0) {
    low = Math.ceil(low / step) * step + (low === above && low % step === 0 ? step : 0);
    high = Math.floor(high / step) * step - (high === below && high % step === 0 ? step : 0);
    return Math.max(low, Math.min(high, step));
  }
  if (low <= 1 && high >= 1 && above < 1 && below > 1) return 1;
  if (Number.isFinite(low) && Number.isFinite(high)) return (low + high) / 2;
  return Number.isFinite(low) ? low + 1 : high - 1;
}

function sampleString(schema: Schema): string {
  const format = schema['format'];
  const known = typeof format === 'string' ? FORMATS[format] : undefined;
  if (known !== undefined) return known;
  return 'sample'
    .padEnd(numberOr(schema['minLength'], 0), ' sample')
    .slice(0, numberOr(schema['maxLength'], Infinity));
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function asJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value ?? null)) as Json;
}
