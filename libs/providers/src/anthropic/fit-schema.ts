import { isObject } from '#contract';

type Schema = Readonly<Record<string, unknown>>;
type Fit = (value: unknown) => unknown;

/** Keywords that Anthropic's grammar knows, and what becomes of their values; undefined: it cannot be held to. */
const KEYWORDS: ReadonlyMap<string, Fit> = new Map<string, Fit>([
  ...['type', 'required', 'enum', 'const', '$ref', 'description', 'title', 'default'].map(
    (name): [string, Fit] => [name, (value) => value],
  ),
  ...['properties', '$defs', 'definitions'].map((name): [string, Fit] => [name, fitMembers]),
  ...['anyOf', 'allOf'].map((name): [string, Fit] => [name, fitList]),
  ['items', fit],
  ['additionalProperties', (value) => (value === false ? false : undefined)],
]);

/** Keywords that say nothing of what is allowed. */
const SILENT = new Set(['$schema', '$id', '$comment', 'examples', 'deprecated', 'readOnly', 'writeOnly']);

const FORMATS = /^(date-time|time|date|duration|email|hostname|uri|ipv4|ipv6|uuid)$/;

/**
 * A JSON schema in the part of the language that Anthropic holds answers to: objects are closed, limits of numbers,
 * texts and lists stand in the description. Undefined: it has objects with members of any name, or refers to itself,
 * and nothing can be held to it.
 */
export function fitSchema(schema: unknown): Schema | undefined {
  return isObject(schema) && !refersToItself(schema) ? fit(schema) : undefined;
}

function fit(value: unknown): Schema | undefined {
  if (!isObject(value) || isOpen(value)) return undefined;
  if (Array.isArray(value.type) && value.anyOf === undefined) return fit(splitTypes(value, value.type));
  const fitted: Record<string, unknown> = {};
  const limits: string[] = [];
  for (const [given, member] of Object.entries(value)) {
    const name = given === 'oneOf' && value.anyOf === undefined ? 'anyOf' : given;
    const keyword = KEYWORDS.get(name);
    if (keyword) {
      const own = keyword(member);
      if (own === undefined) return undefined;
      fitted[name] = own;
    } else if (isPlain(name, member)) fitted[name] = member;
    else if (!SILENT.has(name)) limits.push(`${name}: ${JSON.stringify(member)}`);
  }
  if (isOfObjects(value)) fitted.additionalProperties = false;
  if (limits.length > 0) fitted.description = describe(value.description, limits);
  return fitted;
}

function fitMembers(value: unknown): Schema | undefined {
  if (!isObject(value)) return undefined;
  const members = Object.entries(value).map(([name, schema]) => [name, fit(schema)] as const);
  return members.every(([, schema]) => schema) ? Object.fromEntries(members) : undefined;
}

function fitList(value: unknown): readonly unknown[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const schemas = value.map(fit);
  return schemas.every(Boolean) ? schemas : undefined;
}

function isPlain(name: string, member: unknown): boolean {
  if (name === 'minItems') return member === 0 || member === 1;
  return name === 'format' && FORMATS.test(String(member));
}

function describe(description: unknown, limits: readonly string[]): string {
  const said = typeof description === 'string' && description !== '' ? `${description}\n` : '';
  return `${said}{${limits.join(', ')}}`;
}

/** A value of several types is one of several schemas. */
function splitTypes(schema: Schema, types: readonly unknown[]): Schema {
  const { description, enum: values, ...rest } = schema;
  const schemas = types.map((type) => {
    if (type === 'null') return { type };
    const own = Array.isArray(values) ? { enum: values.filter((value) => value !== null) } : {};
    return { ...rest, ...own, type };
  });
  return { ...(description !== undefined && { description }), anyOf: schemas };
}

function isOfObjects({ type, properties }: Schema): boolean {
  return type === 'object' || properties !== undefined;
}

/** Are there members whose names the schema does not say? */
function isOpen(schema: Schema): boolean {
  if (schema.patternProperties !== undefined) return true;
  return isOfObjects(schema) && schema.properties === undefined && schema.additionalProperties !== false;
}

/** A definition inside of itself is a grammar without an end. */
function refersToItself(root: Schema): boolean {
  const open = new Set<unknown>();
  const seen = new Set<unknown>();
  const isEndless = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.some(isEndless);
    if (!isObject(value) || seen.has(value)) return false;
    if (open.has(value)) return true;
    open.add(value);
    const target = typeof value.$ref === 'string' ? follow(root, value.$ref) : undefined;
    const found = isEndless(target) || Object.values(value).some(isEndless);
    open.delete(value);
    seen.add(value);
    return found;
  };
  return isEndless(root);
}

function follow(root: Schema, reference: string): unknown {
  const names = reference.replace(/^#/, '').split('/').filter(Boolean);
  return names.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), root);
}
