import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext, Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { DescribedPipe } from './described-pipe.js';

/** What `ReadBody` leaves in a route's metadata. */
export interface ReadBodyData {
  readonly reader: DescribedPipe<unknown>;
}

/** A controller's method whose body is read by `ReadBody`. */
export interface BodyReading extends ReadBodyData {
  readonly Controller: Type<object>;
  readonly name: string;
  /** Which of its parameters is the body. */
  readonly index: number;
}

const BODY_READING = 'pllm:body-reading';

const readBody = createParamDecorator(({ reader }: ReadBodyData, context: ExecutionContext) =>
  reader.transform(context.switchToHttp().getRequest<FastifyRequest>().body, { type: 'body' }),
);

/** The body of a call, read by `reader`: at once, where a pipe would cost every call a handful of promises. */
export function ReadBody(reader: DescribedPipe<unknown>): ParameterDecorator {
  return (prototype, name, index) => {
    readBody({ reader })(prototype, name, index);
    const method = (prototype as Record<string | symbol, object>)[name as string] as object;
    const reading = { Controller: prototype.constructor, name, index, reader };
    Reflect.defineMetadata(BODY_READING, reading, method);
  };
}

/** What `ReadBody` left on a method, or on the handler that Nest made of it. */
export function bodyReadingOf(handler: object): BodyReading | undefined {
  return Reflect.getMetadata(BODY_READING, handler) as BodyReading | undefined;
}
