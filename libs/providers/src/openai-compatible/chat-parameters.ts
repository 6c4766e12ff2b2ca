import { GatewayError } from '#contract';
import type { ChatRequest } from '#contract';

/** `POST /chat/completions` as a translator reads it: what nobody has looked at may be anything. */
export interface ChatParameters extends ChatRequest {
  readonly [name: string]: unknown;
}

/** One message of it. */
export type ChatMessageMembers = Readonly<Record<string, unknown>>;

/** What the provider's wire has no words for. */
export function unsupported(param: string, message: string): GatewayError {
  return new GatewayError('unsupported_parameter', { param, message });
}

/** What OpenAI's wire does not allow either. */
export function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_value', { param, message });
}

/** @throws GatewayError `invalid_type` */
export function requireObject(value: unknown, param: string): ChatMessageMembers {
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

export function isObject(value: unknown): value is ChatMessageMembers {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
