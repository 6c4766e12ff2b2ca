import { GatewayError } from './errors.js';

/** An object of JSON that nobody has looked at. */
export type Members = Readonly<Record<string, unknown>>;

/** What a wire has no words for. */
export function unsupported(param: string, message: string): GatewayError {
  return new GatewayError('unsupported_parameter', { param, message });
}

/** What the client's own wire does not allow either. */
export function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_value', { param, message });
}

/** @throws GatewayError `invalid_type` */
export function requireObject(value: unknown, param: string): Members {
  if (isObject(value)) return value;
  throw new GatewayError('invalid_type', { param, message: `'${param}' must be an object.` });
}

/** @throws GatewayError `invalid_type` */
export function requireText(value: unknown, param: string): string {
  if (typeof value === 'string') return value;
  throw new GatewayError('invalid_type', { param, message: `'${param}' must be a string.` });
}

/** Undefined and null are the empty list. @throws GatewayError `invalid_type` */
export function requireList(value: unknown, param: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new GatewayError('invalid_type', { param, message: `'${param}' must be an array.` });
}

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
