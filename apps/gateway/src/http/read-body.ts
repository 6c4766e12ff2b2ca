import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { DescribedPipe } from './described-pipe.js';

/** What `ReadBody` leaves in a route's metadata. */
export interface ReadBodyData {
  readonly reader: DescribedPipe<unknown>;
}

const readBody = createParamDecorator(({ reader }: ReadBodyData, context: ExecutionContext) =>
  reader.transform(context.switchToHttp().getRequest<FastifyRequest>().body, { type: 'body' }),
);

/** The body of a call, read by `reader`: at once, where a pipe would cost every call a handful of promises. */
export function ReadBody(reader: DescribedPipe<unknown>): ParameterDecorator {
  return readBody({ reader });
}
