import { getMetadataStorage, validateSync } from 'class-validator';
import type { ValidationArguments } from 'class-validator';
import { describeViolation } from './validation-errors.js';

type Rule = (value: unknown) => boolean;
type Value = Readonly<Record<string, unknown>>;

interface Field {
  readonly name: string;
  readonly isOptional: boolean;
  /** Do its rules look at no more than of what kind a value is, and whether it is empty? */
  readonly isShallow: boolean;
  readonly rules: readonly Rule[];
}

/** Rules for which the likeness of a container, or of a long text, does. */
const SHALLOW: ReadonlySet<string> = new Set([
  'isDefined',
  'isString',
  'isNotEmpty',
  'isArray',
  'arrayNotEmpty',
  'isObject',
  'isTextOrParts',
  'isBoolean',
  'isNumber',
  'isInt',
  'min',
  'max',
]);

/** The members of a value, as `JsonOutline` has them. */
interface Outline {
  readonly value: object;
  readonly found: readonly number[];
  readonly count: number;
  likeness(index: number): unknown;
}

/**
 * The rules that class-validator's decorators put on `Body`, compiled once. `validateSync` gathers them anew for
 * each object, which costs twenty times what the rules do; it is asked only for the words of a violation.
 */
export class Envelope {
  readonly names: readonly string[];
  private readonly fields: readonly Field[];
  private readonly byName: ReadonlyMap<string, Field>;
  private readonly needed: readonly Field[];

  constructor(private readonly Body: new () => object) {
    this.fields = compile(Body);
    this.byName = new Map(this.fields.map((field) => [field.name, field]));
    this.needed = this.fields.filter(({ isOptional }) => !isOptional);
    this.names = this.fields.map(({ name }) => name);
  }

  /** @throws GatewayError naming the first member of `value` that breaks a rule */
  check(value: Value): void {
    this.checkNeeded(value);
    // A call has a handful of members, of dozens that could be there.
    for (const name in value) {
      const field = this.byName.get(name);
      if (field) this.checkMember(field, value[name], value);
    }
  }

  /** The same for the outline of a value, by `names`. @throws GatewayError */
  checkOutline(outline: Outline): void {
    const value = outline.value as Value;
    this.checkNeeded(value);
    for (let at = 0; at < outline.count; at++) {
      const index = outline.found[at] as number;
      const field = this.fields[index] as Field;
      this.checkMember(field, field.isShallow ? outline.likeness(index) : value[field.name], value);
    }
  }

  private checkNeeded(value: Value): void {
    for (const { name, rules } of this.needed)
      if (!Object.hasOwn(value, name) && !rules.every((rule) => rule(undefined))) this.refuse(value);
  }

  private checkMember({ isOptional, rules }: Field, member: unknown, value: Value): void {
    if (isOptional && (member === undefined || member === null)) return;
    for (const rule of rules) if (!rule(member)) this.refuse(value);
  }

  private refuse(value: Value): never {
    const envelope = new this.Body() as Record<string, unknown>;
    for (const name of this.names) if (Object.hasOwn(value, name)) envelope[name] = value[name];
    throw describeViolation(validateSync(envelope));
  }
}

function compile(Body: new () => object): Field[] {
  const storage = getMetadataStorage();
  const fields = new Map<string, { name: string; isOptional: boolean; isShallow: boolean; rules: Rule[] }>();
  for (const metadata of storage.getTargetValidationMetadatas(Body, '', false, false)) {
    const { propertyName: name, constraints, constraintCls, type, each, name: rule } = metadata;
    const field = fields.get(name) ?? { name, isOptional: false, isShallow: true, rules: [] };
    fields.set(name, field);
    if (type === 'conditionalValidation') {
      field.isOptional = true;
      continue;
    }
    field.isShallow &&= SHALLOW.has(rule ?? '');
    if (!constraintCls || each) throw new Error(`${Body.name}.${name}: ${type} cannot be compiled`);
    const details = { property: name, constraints, targetName: Body.name } as ValidationArguments;
    for (const { instance } of storage.getTargetValidatorConstraints(constraintCls)) {
      field.rules.push((value) => instance.validate(value, details) === true);
    }
  }
  return [...fields.values()];
}
