import { ValidationPipe } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { GatewayError, JsonMembers } from '#contract';
import type { DescribedPipe } from '../http/described-pipe.js';
import { parseJsonObject } from '../http/parse-json.js';
import { describeViolation } from '../http/validation-errors.js';
import { checkTexts } from './storable.js';

const DEEPEST = 16;

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
  checkTexts(value);
  return value;
}
