import { getMetadataStorage, validateSync } from 'class-validator';
import type { ValidationArguments } from 'class-validator';
import { describeViolation } from './validation-errors.js';

type Rule = (value: unknown) => boolean;

interface Field {
  readonly name: string;
  readonly isOptional: boolean;
  readonly rules: readonly Rule[];
}

/**
 * The rules that class-validator's decorators put on `Body`, compiled once. `validateSync` gathers them anew for
 * each object, which costs twenty times what the rules do; it is asked only for the words of a violation.
 */
export class Envelope {
  readonly names: readonly string[];
  private readonly fields: ReadonlyMap<string, Field>;
  private readonly needed: readonly Field[];

  constructor(private readonly Body: new () => object) {
    const fields = compile(Body);
    this.fields = new Map(fields.map((field) => [field.name, field]));
    this.needed = fields.filter(({ isOptional }) => !isOptional);
    this.names = [...this.fields.keys()];
  }

  /** @throws GatewayError naming the first member of `value` that breaks a rule */
  check(value: Readonly<Record<string, unknown>>): void {
    for (const { name, rules } of this.needed)
      if (!Object.hasOwn(value, name) && !rules.every((rule) => rule(undefined))) this.refuse(value);
    // A call has a handful of members, of dozens that could be there.
    for (const name in value) {
      const field = this.fields.get(name);
      if (!field) continue;
      const member = value[name];
      if (field.isOptional && (member === undefined || member === null)) continue;
      for (const rule of field.rules) if (!rule(member)) this.refuse(value);
    }
  }

  private refuse(value: Readonly<Record<string, unknown>>): never {
    const envelope = new this.Body() as Record<string, unknown>;
    for (const name of this.names) if (Object.hasOwn(value, name)) envelope[name] = value[name];
    throw describeViolation(validateSync(envelope));
  }
}

function compile(Body: new () => object): Field[] {
  const storage = getMetadataStorage();
  const fields = new Map<string, { name: string; isOptional: boolean; rules: Rule[] }>();
  for (const metadata of storage.getTargetValidationMetadatas(Body, '', false, false)) {
    const { propertyName: name, constraints, constraintCls, type, each } = metadata;
    const field = fields.get(name) ?? { name, isOptional: false, rules: [] };
    fields.set(name, field);
    if (type === 'conditionalValidation') {
      field.isOptional = true;
      continue;
    }
    if (!constraintCls || each) throw new Error(`${Body.name}.${name}: ${type} cannot be compiled`);
    const details = { property: name, constraints, targetName: Body.name } as ValidationArguments;
    for (const { instance } of storage.getTargetValidatorConstraints(constraintCls)) {
      field.rules.push((value) => instance.validate(value, details) === true);
    }
  }
  return [...fields.values()];
}
