import type { Type } from '@nestjs/common';
import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  HEADERS_METADATA,
  HTTP_CODE_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/constants.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bodyReadingOf } from './read-body.js';
import type { BodyReading } from './read-body.js';

/** What Fastify calls for a route. */
export type Handler = (request: FastifyRequest, reply: FastifyReply) => void;
type Answer = (body: unknown, reply: FastifyReply) => Promise<void> | void;

/** Nest's key of `@Res()` as the second parameter. */
const REPLY_SECOND = '1:1';
const NESTS_WORK = [
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
  EXCEPTION_FILTERS_METADATA,
  HEADERS_METADATA,
  HTTP_CODE_METADATA,
];

/**
 * Does what Nest's own handler would for a method `(@ReadBody(…) body, @Res() reply)`: calls it, and gives what it
 * throws to the filter. Nest's makes a context and a handful of promises for each call. Undefined: that route needs it.
 */
export function directHandler(
  nests: object,
  find: (Controller: Type<object>) => unknown,
  fail: (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => void,
): Handler | undefined {
  const reading = bodyReadingOf(nests);
  if (!reading || needsNest(reading)) return undefined;
  const { Controller, name, reader } = reading;
  const controller = find(Controller) as Record<string, Answer>;
  const method = controller[name] as Answer;
  return (request, reply) => {
    try {
      const body = reader.transform(request.body, { type: 'body' });
      method.call(controller, body, reply)?.catch((thrown: unknown) => fail(thrown, request, reply));
    } catch (thrown) {
      fail(thrown, request, reply);
    }
  };
}

/** Has it other parameters, or a guard, pipe, interceptor, filter, header or status of its own? */
function needsNest({ Controller, name, index }: BodyReading): boolean {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, Controller, name) ?? {}) as object;
  const isPlain = index === 0 && Object.keys(parameters).length === 2 && REPLY_SECOND in parameters;
  const method = (Controller.prototype as Record<string, object>)[name] as object;
  const places = [Controller, method];
  return !isPlain || places.some((place) => NESTS_WORK.some((kind) => Reflect.hasMetadata(kind, place)));
}
