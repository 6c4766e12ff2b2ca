import { HttpException } from '@nestjs/common';
import { GatewayError } from '#contract';
import type { ErrorCode } from '#contract';
import { isBrokenEncoding } from './decode-body.js';

/** What Fastify and Nest throw by themselves, by status. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'bad_request',
  404: 'unknown_url',
  405: 'method_not_supported',
  408: 'request_timeout',
  413: 'request_too_large',
  414: 'bad_request',
  415: 'unsupported_media_type',
  503: 'service_unavailable',
};

/** Any error as one of ours: the framework's own included, whose messages are not for clients. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (isBrokenEncoding(error)) {
    const message = 'The body is not what its content-encoding says.';
    return new GatewayError('bad_request', { message, cause: error });
  }
  const status =
    error instanceof HttpException
      ? error.getStatus()
      : (error as { statusCode?: unknown } | null)?.statusCode;
  const code = typeof status === 'number' ? BY_STATUS[status] : undefined;
  return code ? new GatewayError(code, { cause: error }) : GatewayError.from(error);
}
