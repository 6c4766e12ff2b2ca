import { ValidationPipe } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { GatewayError, JsonMembers } from '#contract';
import type { DescribedPipe } from '../http/described-pipe.js';
import { parseJsonObject } from '../http/parse-json.js';
import { describeViolation } from '../http/validation-errors.js';
import { checkTexts } from './storable.js';

const DEEPEST = 16;
/** More than a body needs that is good. Each is looked at for milliseconds in all, in which nobody else is served. */
const MOST_VALUES = 10_000;

const validation = new ValidationPipe({
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  transformOptions: { exposeUnsetFields: false },
  exceptionFactory: (errors) => describeViolation(errors),
});

/** A body of the admin API: every field known and checked; an unknown one is a 400 that names it. */
export function adminBody<Body extends object>(
  Body: Type<Body>,
  options: { optional?: boolean } = {},
): DescribedPipe<Promise<Body>> {
  return {
    Body,
    isOpen: false,
    transform(bytes) {
      const isEmpty = bytes === undefined || bytes === null || (Buffer.isBuffer(bytes) && bytes.length === 0);
      const value = options.optional && isEmpty ? {} : parseAdminJson(bytes);
      return validation.transform(value, { type: 'body', metatype: Body }) as Promise<Body>;
    },
  };
}

/** A query string of the admin API, by the same rules. */
export function adminQuery<Query extends object>(Query: Type<Query>): DescribedPipe<Promise<Query>> {
  return {
    Body: Query,
    isOpen: false,
    transform(value) {
      checkTexts(value);
      return validation.transform(value, { type: 'query', metatype: Query }) as Promise<Query>;
    },
  };
}

function parseAdminJson(bytes: unknown): Record<string, unknown> {
  const value = parseJsonObject(bytes);
  const members = new JsonMembers([]);
  members.read(bytes as Buffer);
  if (members.depth > DEEPEST) throw new GatewayError('json_too_deep');
  if (countValues(value) > MOST_VALUES) {
    throw new GatewayError('invalid_value', {
      message: `The body holds more than ${MOST_VALUES} values.`,
    });
  }
  checkTexts(value);
  return value;
}

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((count, member) => count + countValues(member), 1);
}
