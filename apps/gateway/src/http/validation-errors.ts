import type { ValidationError } from 'class-validator';
import { GatewayError } from '#contract';
import type { ErrorCode } from '#contract';

/** class-validator's constraints that say "wrong type"; the others say "wrong value". */
const TYPE_CONSTRAINTS = new Set([
  'isString',
  'isNumber',
  'isInt',
  'isBoolean',
  'isArray',
  'isObject',
  'isStop',
  'isTextOrTokens',
  'isTextOrParts',
  'isDocuments',
  'isFile',
  'isStringRecord',
]);

/** The first thing that is wrong, as an error that names it in `param` (`targets[0].provider`). */
export function describeViolation(errors: readonly ValidationError[]): GatewayError {
  const { error, path } = innermost(errors, '');
  const constraints = Object.entries(error?.constraints ?? {});
  if (!error || constraints.length === 0) return new GatewayError('bad_request', { param: path || null });
  const unknown = error.constraints?.whitelistValidation;
  if (unknown) {
    return new GatewayError('unknown_parameter', { param: path, message: `Unknown parameter: '${path}'.` });
  }
  if (error.value === undefined) {
    const message = `Missing required parameter: '${path}'.`;
    return new GatewayError('missing_required_parameter', { param: path, message });
  }
  const [name, reason] = gravest(error);
  const code: ErrorCode = TYPE_CONSTRAINTS.has(name) ? 'invalid_type' : 'invalid_value';
  return new GatewayError(code, { param: path, message: `Invalid '${path}': ${reason}.` });
}

/** What is told of a value that is wrong in several ways: its type before all else. */
export function gravest({ constraints = {} }: ValidationError): [name: string, reason: string] {
  const all = Object.entries(constraints);
  return all.find(([name]) => TYPE_CONSTRAINTS.has(name)) ?? all[0] ?? ['', ''];
}

function innermost(
  errors: readonly ValidationError[],
  prefix: string,
): { error?: ValidationError; path: string } {
  const error = errors[0];
  if (!error) return { path: prefix };
  const path = /^\d+$/.test(error.property) ? `${prefix}[${error.property}]` : join(prefix, error.property);
  return error.children && error.children.length > 0 ? innermost(error.children, path) : { error, path };
}

function join(prefix: string, name: string): string {
  return prefix ? `${prefix}.${name}` : name;
}
