import { isObject } from '#contract';

type Schema = Readonly<Record<string, unknown>>;
type Fit = (value: unknown) => unknown;

const asItIs: Fit = (value) => value;

/** Keywords that Gemini knows, and what becomes of their values; undefined: it cannot be held to. */
const KEYWORDS: ReadonlyMap<string, Fit> = new Map<string, Fit>([
  ...[
    'type',
    'format',
    'title',
    'description',
    'required',
    'minItems',
    'maxItems',
    'minimum',
    'maximum',
    'propertyOrdering',
  ].map((name): [string, Fit] => [name, asItIs]),
  ...['properties', '$defs'].map((name): [string, Fit] => [name, fitMembers]),
  ...['anyOf', 'oneOf', 'prefixItems'].map((name): [string, Fit] => [name, fitList]),
  ['items', fitSchema],
  ['additionalProperties', (value) => (isObject(value) ? fitSchema(value) : value)],
  ['enum', fitEnum],
]);

/** Keywords that say nothing of what is allowed. */
const SILENT = new Set(['$schema', '$id', '$comment', 'examples', 'deprecated', 'readOnly', 'writeOnly']);

/**
 * A JSON schema in the part of the language that Gemini knows: what it does not know stands in the description, since
 * Google passes over it in silence.
 */
export function fitSchema(value: unknown): Schema {
  if (!isObject(value)) return {};
  const { allOf, ...rest } = value;
  const schema = Array.isArray(allOf) ? [rest, ...allOf].reduce<Schema>(merge, {}) : value;
  const fitted: Record<string, unknown> = {};
  const limits: string[] = [];
  for (const [given, member] of Object.entries(schema)) {
    const [name, asked] = translate(given, member);
    const own = KEYWORDS.get(name)?.(asked);
    if (own !== undefined) fitted[name] = own;
    else if (!SILENT.has(name) && name !== '$ref') limits.push(`${given}: ${JSON.stringify(member)}`);
  }
  // Google takes no keyword beside a reference but definitions.
  if (typeof schema.$ref === 'string') {
    const reference = schema.$ref.replace(/^#\/definitions\//, '#/$defs/');
    return { $ref: reference, ...(fitted.$defs !== undefined && { $defs: fitted.$defs }) };
  }
  if (limits.length > 0) fitted.description = describe(schema.description, limits);
  return fitted;
}

/** Names of older drafts, the schemas of a list's first items, and a value that is the only one. */
function translate(name: string, member: unknown): readonly [string, unknown] {
  if (name === 'definitions') return ['$defs', member];
  if (name === 'items' && Array.isArray(member)) return ['prefixItems', member];
  return name === 'const' ? ['enum', [member]] : [name, member];
}

function fitMembers(value: unknown): Schema | undefined {
  if (!isObject(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, fitSchema(schema)]));
}

function fitList(value: unknown): readonly Schema[] | undefined {
  return Array.isArray(value) ? value.map(fitSchema) : undefined;
}

/** Only texts and numbers; that a value may be null is said by its type. */
function fitEnum(value: unknown): readonly unknown[] | undefined {
  const values = (Array.isArray(value) ? value : []).filter((one) => one !== null);
  const isKnown = values.every((one) => typeof one === 'string' || typeof one === 'number');
  return isKnown && values.length > 0 ? values : undefined;
}

/** One schema that says what both say. */
function merge(one: Schema, other: unknown): Schema {
  if (!isObject(other)) return one;
  const members = { ...asObject(one.properties), ...asObject(other.properties) };
  const required = [...asList(one.required), ...asList(other.required)];
  return {
    ...one,
    ...other,
    ...(Object.keys(members).length > 0 && { properties: members }),
    ...(required.length > 0 && { required: [...new Set(required)] }),
  };
}

function asObject(value: unknown): Schema {
  return isObject(value) ? value : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function describe(description: unknown, limits: readonly string[]): string {
  const said = typeof description === 'string' && description !== '' ? `${description}\n` : '';
  return `${said}{${limits.join(', ')}}`;
}
