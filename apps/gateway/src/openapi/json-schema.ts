import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage } from 'class-validator';
import { targetConstructorToSchema } from 'class-validator-jsonschema';
import type { Type } from '@nestjs/common';

/** JSON Schema 2020-12, as OpenAPI 3.1 has it. */
export type JsonSchema = Readonly<Record<string, unknown>> & {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
};

type SchemaObject = ReturnType<typeof targetConstructorToSchema>;
type Options = NonNullable<Parameters<typeof targetConstructorToSchema>[1]>;

const TEXTS: SchemaObject = { type: 'array', items: { type: 'string' } };
const TOKENS: SchemaObject = { type: 'array', items: { type: 'integer', minimum: 0 } };

/** What our own decorators mean, by the names they are registered with. */
const OWN_RULES: Options['additionalConverters'] = {
  isTextOrTokens: { anyOf: [{ type: 'string' }, TEXTS, TOKENS, { type: 'array', items: TOKENS }] },
  isTextOrParts: { anyOf: [{ type: 'string' }, { type: 'array', items: {} }] },
  isDocuments: { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'object' }] } },
  isNotTooMany: {},
  isStop: { anyOf: [{ type: 'string' }, TEXTS] },
  isTime: { type: 'string', format: 'date-time' },
  isBaseUrl: { type: 'string', format: 'uri' },
  isAllowedHost: {},
  isHeaders: { type: 'object', additionalProperties: { type: 'string' } },
  isGroups: { type: 'string' },
  isNetworks: TEXTS,
  isDollars: { type: 'string', pattern: '^\\d{1,7}(\\.\\d{1,15})?$' },
  isBudgetDollars: { type: 'string', pattern: '^\\d{1,7}(\\.\\d{1,9})?$' },
  isWebhook: { type: 'string', format: 'uri', maxLength: 1_024 },
  isFile: { type: 'string', format: 'binary' },
  isDefined: {},
  hasWeight: {},
  holdsNoLists: {},
};

/** The rules of a class as a schema. `isOpen`: members beside the known ones are taken. */
export function schemaOf(Body: Type<object>, isOpen: boolean): JsonSchema {
  const schema = targetConstructorToSchema(Body, {
    classTransformerMetadataStorage: defaultMetadataStorage,
    additionalConverters: {
      ...OWN_RULES,
      nestedValidation: ({ target, propertyName }) =>
        schemaOf(nestedType(target, propertyName), isOpen) as SchemaObject,
    },
  }) as JsonSchema;
  const nullable = nullableFields(Body);
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, field]) => [name, nullable.has(name) ? orNull(field) : field] as const,
  );
  return { ...schema, properties: Object.fromEntries(properties), additionalProperties: isOpen };
}

function nestedType(target: unknown, property: string): Type<object> {
  const found = defaultMetadataStorage.findTypeMetadata(target as Type<object>, property);
  return found.typeFunction() as Type<object>;
}

/** Fields whose rules are not asked when the value is null. */
function nullableFields(Body: Type<object>): ReadonlySet<string> {
  const conditions = getMetadataStorage()
    .getTargetValidationMetadatas(Body, '', false, false)
    .filter(({ type }) => type === 'conditionalValidation')
    .filter(({ propertyName, constraints }) => constraints[0]({ [propertyName]: null }, null) === false);
  return new Set(conditions.map(({ propertyName }) => propertyName));
}

function orNull(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: 'null' }] };
}
