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
  private readonly fields: readonly Field[];

  constructor(private readonly Body: new () => object) {
    this.fields = compile(Body);
    this.names = this.fields.map(({ name }) => name);
  }

  /** @throws GatewayError naming the first member of `value` that breaks a rule */
  check(value: Readonly<Record<string, unknown>>): void {
    for (const { name, isOptional, rules } of this.fields) {
      const member = Object.hasOwn(value, name) ? value[name] : undefined;
      if (isOptional && (member === undefined || member === null)) continue;
      for (const rule of rules) if (!rule(member)) this.refuse(value);
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
