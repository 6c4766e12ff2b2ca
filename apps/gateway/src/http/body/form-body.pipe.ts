import type { Readable } from 'node:stream';
import type { Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GatewayError } from '#contract';
import type { RelayedRequest } from '#contract';
import type { DescribedPipe } from '../described-pipe.js';
import { Envelope } from '../envelope.js';
import { boundaryOf, quoteIfNeeded } from './boundary.js';

/** A multipart body that is not read yet, and the rules for its fields. */
export interface IncomingForm<Request extends RelayedRequest = RelayedRequest> {
  readonly request: FastifyRequest;
  readonly payload: Readable;
  readonly contentType: string;
  readonly boundary: string;
  readonly envelope: Envelope;
  /** Only says of what type `value` will be. */
  readonly value?: Request;
}

/** What the parser of `multipart/form-data` hands on: the request, with its body still to come. */
export class UnreadForm {
  constructor(
    readonly request: FastifyRequest,
    /** Decompressed. */
    readonly payload: Readable,
  ) {}
}

/** A body of `multipart/form-data`, by the rules on `Body`. Whoever takes it decides when it is read. */
export function formBody<Request extends RelayedRequest>(
  Body: Type<object>,
): DescribedPipe<IncomingForm<Request>> {
  const envelope = new Envelope(Body);
  return {
    Body,
    isOpen: true,
    mediaType: 'multipart/form-data',
    transform(given) {
      if (!(given instanceof UnreadForm)) {
        throw new GatewayError('unsupported_media_type', {
          message: 'Send the body as multipart/form-data.',
        });
      }
      const { request, payload } = given;
      const boundary = boundaryOf(request.headers['content-type'] ?? '');
      if (boundary === undefined) {
        throw new GatewayError('invalid_multipart', { message: 'The content type names no valid boundary.' });
      }
      // Written anew, so that whoever reads the body next reads it by the same boundary.
      const contentType = `multipart/form-data; boundary=${quoteIfNeeded(boundary)}`;
      return { request, payload, contentType, boundary, envelope };
    },
  };
}

/** A body that may be a form or JSON. */
export function formOrJson<Form, Json>(
  form: DescribedPipe<Form>,
  json: DescribedPipe<Json>,
): DescribedPipe<Form | Json> {
  return {
    ...form,
    or: json,
    transform: (given, metadata) =>
      Buffer.isBuffer(given) ? json.transform(given, metadata) : form.transform(given, metadata),
  };
}
